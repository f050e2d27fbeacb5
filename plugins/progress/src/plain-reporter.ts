import type { BuildEvent } from '@varve/core';
import { describeTransfer, describeWarning, isCanceled, isTransferDone } from './describe.ts';
import type { Sink } from './options.ts';
import type { EventOf, Reporter } from './reporter.ts';
import type { StepLogs } from './step-logs.ts';
import type { StepOf } from './step-of.ts';
import { sanitize, seconds } from './text.ts';
import { isHidden, takeOutput, takeRest, type Vertex, Vertices } from './vertices.ts';

/** Characters of output that are shown of one step: a step that never stops printing must not fill the log of a CI job. */
const SHOWN = 2 * 1024 * 1024;

/** One line for each thing that happens, for logs and for terminals that cannot redraw. */
export class PlainReporter implements Reporter {
  readonly #sink: Sink;
  readonly #logs: StepLogs | undefined;
  readonly #vertices = new Vertices();
  readonly #shown = new Map<Vertex, number>();
  readonly #transfers = new Map<string, { readonly number: number; at: number; status: string }>();
  /** What transfers are parts of. */
  readonly #wholes = new Map<string, number>();
  #startedAt = 0;

  constructor(sink: Sink, logs: StepLogs | undefined) {
    this.#sink = sink;
    this.#logs = logs;
  }

  report(event: BuildEvent): void {
    if (isHidden(event)) return;
    switch (event.type) {
      case 'build-started':
        this.#startedAt = event.at;
        break;
      case 'planned':
        this.#vertices.plan(event.plan, event.platform);
        break;
      case 'step-started':
        this.#begin(this.#vertices.step(event, event.at));
        break;
      case 'step-output':
        this.#output(event);
        break;
      case 'step-cached':
        this.#cached(event);
        break;
      case 'step-finished':
        this.#end(event, `DONE ${seconds(event.at - this.#vertices.step(event, event.at).startedAt)}`);
        break;
      case 'step-failed':
        this.#end(event, isCanceled(event) ? 'CANCELED' : `ERROR: ${sanitize(event.message)}`);
        break;
      case 'transfer':
        this.#transfer(event);
        break;
      case 'warning':
        this.#line(`WARNING ${describeWarning(event)}`);
        break;
      case 'build-finished':
        this.#line(`Built ${event.id} in ${seconds(event.at - this.#startedAt)}`);
        break;
    }
  }

  #line(text: string): void {
    this.#sink.write(`${text}\n`);
  }

  #begin({ number, label }: Vertex): void {
    this.#line(`#${number} ${label}`);
  }

  #cached(event: StepOf & { readonly at: number }): void {
    const vertex = this.#vertices.step(event, event.at);
    if (!this.#shown.has(vertex)) this.#begin(vertex);
    this.#line(`#${vertex.number} CACHED\n`);
  }

  #output(event: EventOf<'step-output'>): void {
    const vertex = this.#vertices.step(event, event.at);
    const lines = takeOutput(vertex, event.stream, event.chunk);
    this.#show(vertex, lines, event);
  }

  #end(event: StepOf & { readonly at: number }, outcome: string): void {
    const vertex = this.#vertices.step(event, event.at);
    this.#show(vertex, takeRest(vertex), event);
    this.#line(`#${vertex.number} ${outcome}\n`);
  }

  #show(vertex: Vertex, lines: readonly string[], event: StepOf & { readonly at: number }): void {
    const before = this.#shown.get(vertex) ?? 0;
    if (before > SHOWN || lines.length === 0) return;
    const stamp = `#${vertex.number} ${((event.at - vertex.startedAt) / 1000).toFixed(3)}`;
    this.#sink.write(lines.map((line) => `${stamp} ${line}\n`).join(''));
    const now = before + lines.reduce((sum, line) => sum + line.length, 0);
    this.#shown.set(vertex, now);
    if (now > SHOWN) this.#line(`${stamp} [output clipped; all of it: ${this.#logs?.pathOf(event) ?? 'not kept'}]`);
  }

  /** Parts of one thing share its number, under which it was named. */
  #numberOf({ of }: EventOf<'transfer'>): number {
    const known = of === undefined ? undefined : this.#wholes.get(of);
    if (known !== undefined) return known;
    const number = this.#vertices.nextNumber();
    if (of !== undefined) {
      this.#wholes.set(of, number);
      this.#line(`#${number} ${sanitize(of)}`);
    }
    return number;
  }

  /** A line when something begins, when its status changes and when it is done; in between one every other second. */
  #transfer(event: EventOf<'transfer'>): void {
    const key = `${event.label}\0${event.id}`;
    const known = this.#transfers.get(key);
    const entry = known ?? { number: this.#numberOf(event), at: event.at, status: event.status };
    const isQuiet = known?.status === event.status && event.at - known.at < 2000 && !isTransferDone(event);
    this.#transfers.set(key, entry);
    if (isQuiet) return;
    entry.at = event.at;
    entry.status = event.status;
    this.#line(`#${entry.number} ${describeTransfer(event)}`);
  }
}
