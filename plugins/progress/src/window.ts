import type { Sink } from './options.ts';

const ESC = '\u001b[';
const WRAP_OFF = `${ESC}?7l`;
const WRAP_ON = `${ESC}?7h`;
const CLEAR_LINE = `${ESC}2K`;
const CLEAR_BELOW = `${ESC}J`;

/**
 * The lines at the bottom of a terminal that are drawn again and again. Line wrapping is off while they are drawn, so that a line whose
 * width was misjudged costs its end and not the whole picture. Each frame is one write and leaves the terminal as it was. Lines are
 * replaced one by one: some terminals keep a screen that is cleared from its top, and each frame would go to what they scroll back to.
 */
export class Window {
  readonly #sink: Sink;
  #height = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Writes `kept` where the window was, to stay, and `lines` below as the new window. */
  draw(kept: readonly string[], lines: readonly string[]): void {
    if (kept.length + lines.length + this.#height === 0) return;
    const back = this.#height === 0 ? '\r' : `\r${ESC}${this.#height}A`;
    const text = [...kept, ...lines].map((line) => `${CLEAR_LINE}${line}\n`).join('');
    this.#sink.write(`${WRAP_OFF}${back}${text}${CLEAR_BELOW}${WRAP_ON}`);
    this.#height = lines.length;
  }
}
