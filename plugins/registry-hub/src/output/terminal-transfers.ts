import type { BuildEventBody, Emit } from '@varve/core';
import type { Screen, TransferDisplay } from './transfer-display.ts';
import { isLast, movingLine } from './transfer-line.ts';

const FRAME = 100; // milliseconds
const ESC = '\u001b[';
const CLEAR_LINE = `${ESC}2K`;

type Transfer = Extract<BuildEventBody, { readonly type: 'transfer' }>;

/**
 * A line for each layer, in the order in which they were first heard of, redrawn where it stands. Lines are never wider than the terminal is
 * at that moment, and only as many move as it has rows: finished ones at the top stay where they are, others wait below until there is room.
 */
export class TerminalTransfers implements TransferDisplay {
  readonly #screen: Screen;
  readonly #lines = new Map<string, Transfer>();
  /** How many lines at the bottom of the screen are ours to redraw. */
  #height = 0;
  #columns = 0;
  #drawnAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  readonly emit: Emit = (event) => {
    if (event.type !== 'transfer') return;
    const isNew = this.#lines.get(event.id)?.status !== event.status;
    this.#lines.set(event.id, event);
    const wait = FRAME - (Date.now() - this.#drawnAt);
    if (isNew || wait <= 0) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), wait).unref();
  };

  end(): void {
    if (this.#lines.size === 0) return;
    for (const [id, { status }] of this.#lines) if (status.startsWith('Retrying in ')) this.#lines.delete(id); // nobody waits any more
    this.#draw(Number.POSITIVE_INFINITY);
    this.#lines.clear();
    this.#height = 0;
  }

  #draw(rows = Math.max(2, (this.#screen.rows || 24) - 1)): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawnAt = Date.now();
    const columns = this.#screen.columns || 80;
    // Nobody knows where lines are that a terminal has broken anew: what is drawn after a change of its width begins below them.
    if (columns !== this.#columns) this.#height = 0;
    this.#columns = columns;
    const textOf = (line: Transfer) => `${CLEAR_LINE}${movingLine(line, columns - 1)}\n`;
    const kept = this.#takeFinished(rows);
    const shown = [...this.#lines.values()].slice(0, rows);
    const back = this.#height === 0 ? '\r' : `\r${ESC}${this.#height}A`;
    this.#screen.write(`${back}${[...kept, ...shown].map(textOf).join('')}${ESC}J`);
    this.#height = shown.length;
  }

  /** What is done at the top, where the rest would not fit. */
  #takeFinished(rows: number): readonly Transfer[] {
    const finished: Transfer[] = [];
    for (const [id, line] of this.#lines) {
      if (this.#lines.size <= rows || !isLast(line)) break;
      finished.push(line);
      this.#lines.delete(id);
    }
    return finished;
  }
}
