import type { BuildEvent } from '@varve/core';
import type { Settings } from './options.ts';
import { PlainReporter } from './plain-reporter.ts';
import { isProgressMode, settleMode } from './progress-mode.ts';
import { QuietReporter } from './quiet-reporter.ts';
import { RawJsonReporter } from './raw-json-reporter.ts';
import type { Reporter } from './reporter.ts';
import { StepLogs } from './step-logs.ts';
import { TtyReporter } from './tty-reporter.ts';

/** Everything that listens to one build. */
interface Listeners {
  readonly reporter: Reporter;
  readonly logs: StepLogs | undefined;
}

/** Hands each event to the reporter of its build. Several builds may go on at once; only one of them can own the terminal. */
export class Reporters {
  readonly #root: string;
  readonly #settings: Settings;
  readonly #builds = new Map<string, Listeners>();

  constructor(root: string, settings: Settings) {
    this.#root = root;
    this.#settings = settings;
  }

  /** Never throws: a terminal that went away must not end a build. */
  report(event: BuildEvent): void {
    try {
      const { reporter, logs } = this.#listenersOf(event);
      logs?.report(event);
      reporter.report(event);
    } catch {
      // Nobody is left who could be told.
    }
    if (event.type === 'build-finished' || event.type === 'build-failed') this.#builds.delete(event.build);
  }

  #listenersOf(event: BuildEvent): Listeners {
    const known = this.#builds.get(event.build);
    if (known !== undefined) return known;
    const logs = this.#settings.logs ? new StepLogs(this.#root, event.build, this.#settings.keepLogs) : undefined;
    const listeners = { reporter: this.#reporterFor(event, logs), logs };
    this.#builds.set(event.build, listeners);
    return listeners;
  }

  #reporterFor(event: BuildEvent, logs: StepLogs | undefined): Reporter {
    const { mode, stream } = this.#settings;
    const wanted = event.type === 'build-started' && isProgressMode(event.progress) ? event.progress : mode;
    const settled = settleMode(wanted, stream, process.env);
    switch (settled) {
      case 'rawjson':
        return new RawJsonReporter(stream);
      case 'quiet':
        return new QuietReporter(stream, logs);
      case 'tty': {
        const owner = this.#owner();
        return owner === undefined ? new TtyReporter(stream, logs) : new PlainReporter(owner.above, logs);
      }
      case 'plain':
        return new PlainReporter(this.#owner()?.above ?? stream, logs);
    }
  }

  /** Whoever draws on the terminal at the moment. */
  #owner(): TtyReporter | undefined {
    const reporters = [...this.#builds.values()].map(({ reporter }) => reporter);
    return reporters.find((reporter) => reporter instanceof TtyReporter);
  }
}
