import type { BuildEvent } from '@varve/core';
import type { Sink } from './options.ts';
import type { Reporter } from './reporter.ts';

/** The events themselves, one JSON object a line; `chunk` is base64. */
export class RawJsonReporter implements Reporter {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  report(event: BuildEvent): void {
    this.#sink.write(`${JSON.stringify(event, replace)}\n`);
  }
}

/** In addresses: a step needs them, who watches does not. */
const CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^/@\s'"]*@/gi;

/** `hiddenEnv` is kept out of keys and history because proxies' addresses carry passwords, so it is kept out of here too. */
function replace(name: string, value: unknown): unknown {
  if (name === 'hiddenEnv') return undefined;
  if (typeof value === 'string' && value.includes('://')) return value.replaceAll(CREDENTIALS, '$1');
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
