import type { BuildEvent } from '@varve/core';
import { describeFailure } from './describe.ts';
import type { Sink } from './options.ts';
import type { Reporter } from './reporter.ts';
import type { StepLogs } from './step-logs.ts';
import { takeOutput, takeRest, Vertices } from './vertices.ts';

/** Nothing, unless a step fails: then the end of its output, without which nobody knows why. */
export class QuietReporter implements Reporter {
  readonly #sink: Sink;
  readonly #logs: StepLogs | undefined;
  readonly #vertices = new Vertices();

  constructor(sink: Sink, logs: StepLogs | undefined) {
    this.#sink = sink;
    this.#logs = logs;
  }

  report(event: BuildEvent): void {
    if (event.type === 'planned') this.#vertices.plan(event.plan, event.platform);
    if (event.type === 'step-output') takeOutput(this.#vertices.step(event, event.at), event.stream, event.chunk);
    if (event.type !== 'step-failed') return;
    const vertex = this.#vertices.step(event, event.at);
    takeRest(vertex);
    this.#sink.write(`${describeFailure(vertex, this.#logs?.pathOf(event)).join('\n')}\n`);
  }
}
