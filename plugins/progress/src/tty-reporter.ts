import type { BuildEvent } from '@varve/core';
import { describeFailure, describeMoving, describeTransfer, describeWarning, isCanceled, isTransferDone } from './describe.ts';
import type { Sink } from './options.ts';
import { type Paint, painter } from './paint.ts';
import type { EventOf, Reporter } from './reporter.ts';
import type { StepLogs } from './step-logs.ts';
import type { StepOf } from './step-of.ts';
import { fill, fit, sanitize, seconds } from './text.ts';
import { isHidden, takeOutput, takeRest, type Vertex, Vertices } from './vertices.ts';
import { Window } from './window.ts';

const FRAME = 100; // milliseconds
const LOG_LINES = 6;

interface Transfer {
  readonly text: string;
  readonly startedAt: number;
}

/** Something whose parts move: an image. */
interface Whole {
  readonly startedAt: number;
  /** Those under way, by id. */
  readonly parts: Map<string, string>;
  isTold: boolean;
}

/** A window with what is running and the newest lines of its output; what is done moves above it and stays. */
export class TtyReporter implements Reporter {
  readonly #sink: Sink;
  readonly #logs: StepLogs | undefined;
  readonly #paint: Paint = painter(process.env);
  readonly #window: Window;
  readonly #vertices = new Vertices();
  readonly #running = new Set<Vertex>();
  readonly #transfers = new Map<string, Transfer>();
  readonly #wholes = new Map<string, Whole>();
  readonly #kept: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #startedAt: number | undefined;
  #drawnAt = 0;
  #done = 0;
  #ended = false;

  constructor(sink: Sink, logs: StepLogs | undefined) {
    this.#sink = sink;
    this.#logs = logs;
    this.#window = new Window(sink);
  }

  report(event: BuildEvent): void {
    if (isHidden(event)) return;
    this.#take(event);
    if (event.type === 'build-finished' || event.type === 'build-failed') {
      this.#finish();
      return;
    }
    this.#timer ??= setInterval(() => this.#draw(Date.now()), FRAME).unref();
    // Work on trees of files is synchronous and keeps timers waiting, so events draw as well.
    if (event.at - this.#drawnAt >= FRAME || !this.#isBusy()) this.#draw(event.at);
  }

  /** Where another build on the same terminal writes: above the window, which would be torn otherwise. */
  get above(): Sink {
    return {
      write: (text) => {
        if (this.#ended) this.#sink.write(text);
        else this.#kept.push(...text.replace(/\n$/, '').split('\n'));
      },
    };
  }

  #take(event: BuildEvent): void {
    switch (event.type) {
      case 'build-started':
        this.#startedAt = event.at;
        break;
      case 'planned':
        this.#vertices.plan(event.plan, event.platform);
        break;
      case 'step-started':
        this.#running.add(this.#vertices.step(event, event.at));
        break;
      case 'step-output':
        takeOutput(this.#vertices.step(event, event.at), event.stream, event.chunk);
        break;
      case 'step-cached':
        this.#end(event, 'CACHED ');
        break;
      case 'step-finished':
        this.#end(event, '');
        break;
      case 'step-failed':
        this.#fail(event);
        break;
      case 'transfer':
        this.#transfer(event);
        break;
      case 'warning':
        this.#kept.push(this.#paint('yellow', ` => WARNING ${describeWarning(event)}`));
        break;
    }
  }

  #end(event: StepOf & { readonly at: number }, outcome: '' | 'CACHED '): void {
    const vertex = this.#vertices.step(event, event.at);
    takeRest(vertex);
    this.#running.delete(vertex);
    this.#done++;
    this.#kept.push(this.#paint('blue', this.#row(` => ${outcome}${vertex.label}`, event.at - vertex.startedAt)));
  }

  #fail(event: EventOf<'step-failed'>): void {
    const vertex = this.#vertices.step(event, event.at);
    takeRest(vertex);
    this.#running.delete(vertex);
    if (isCanceled(event)) {
      this.#kept.push(this.#row(` => CANCELED ${vertex.label}`, event.at - vertex.startedAt));
      return;
    }
    this.#kept.push(
      this.#paint('red', this.#row(` => ERROR ${vertex.label}`, event.at - vertex.startedAt)),
      ...describeFailure(vertex, this.#logs?.pathOf(event)),
    );
  }

  #transfer(event: EventOf<'transfer'>): void {
    if (event.of !== undefined) {
      this.#part(event, event.of);
      return;
    }
    const key = `${event.label}\0${event.id}`;
    const startedAt = this.#transfers.get(key)?.startedAt ?? event.at;
    const text = ` => ${describeTransfer(event)}`;
    if (!isTransferDone(event)) this.#transfers.set(key, { text, startedAt });
    else if (this.#transfers.delete(key) || this.#startedAt === undefined)
      this.#kept.push(this.#paint('blue', this.#row(text, event.at - startedAt)));
  }

  /** Parts stand below what they are parts of; when all are done, that stays with its time, once. */
  #part(event: EventOf<'transfer'>, of: string): void {
    const whole = this.#wholes.get(of) ?? { startedAt: event.at, parts: new Map<string, string>(), isTold: false };
    this.#wholes.set(of, whole);
    if (isTransferDone(event)) whole.parts.delete(event.id);
    else whole.parts.set(event.id, describeMoving(event));
    if (whole.parts.size > 0 || whole.isTold) return;
    whole.isTold = true;
    this.#kept.push(this.#paint('blue', this.#row(` => ${sanitize(of)}`, event.at - whole.startedAt)));
  }

  #isBusy(): boolean {
    return this.#startedAt !== undefined || this.#transfers.size > 0;
  }

  #finish(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#running.clear();
    this.#transfers.clear();
    this.#wholes.clear();
    this.#window.draw(this.#kept.splice(0), []);
  }

  #draw(now: number): void {
    this.#drawnAt = now;
    this.#window.draw(this.#kept.splice(0), this.#isBusy() ? this.#picture(now) : []);
  }

  #picture(now: number): readonly string[] {
    const rows = Math.max(3, (this.#sink.rows || 24) - 2);
    const head = this.#startedAt === undefined ? [] : [this.#head(now, this.#startedAt)];
    const shown = [...this.#running].slice(0, rows - head.length);
    const logLines = Math.min(LOG_LINES, Math.floor((rows - head.length - shown.length) / Math.max(1, shown.length)));
    const steps = shown.flatMap((vertex) => [this.#row(` => ${vertex.label}`, now - vertex.startedAt), ...this.#logOf(vertex, logLines)]);
    const transfers = [...this.#transfers.values()].map(({ text, startedAt }) => this.#row(text, now - startedAt));
    const wholes = [...this.#wholes].filter(([, { parts }]) => parts.size > 0);
    const parts = wholes.flatMap(([of, whole]) => [
      this.#row(` => ${sanitize(of)}`, now - whole.startedAt),
      ...[...whole.parts.values()].map((part) => fit(` => => ${part}`, this.#columns())),
    ]);
    return [...head, ...steps, ...parts, ...transfers].slice(0, rows);
  }

  #head(now: number, startedAt: number): string {
    const amount = this.#vertices.total === 0 ? '' : ` (${this.#done}/${this.#vertices.total})`;
    return fit(`[+] Building ${seconds(now - startedAt)}${amount}`, this.#columns());
  }

  #logOf(vertex: Vertex, count: number): readonly string[] {
    if (count <= 0) return [];
    return vertex.tail.slice(-count).map((line) => this.#paint('dim', fit(` => => ${line}`, this.#columns())));
  }

  #columns(): number {
    return this.#sink.columns || 80; // 0 where the terminal does not say
  }

  /** Text on the left, its time on the right. */
  #row(text: string, milliseconds: number): string {
    const time = seconds(milliseconds);
    const room = this.#columns() - time.length - 1;
    return `${fill(text, room)} ${time}`;
  }
}
