import type { Writable } from 'node:stream';
import type { Emit } from '@varve/core';
import type { TransferDisplay } from './transfer-display.ts';
import { plainLine } from './transfer-line.ts';

/** One line for each step that a layer takes, as docker prints them where there is no terminal. */
export class PlainTransfers implements TransferDisplay {
  readonly #stream: Writable;
  readonly #shown = new Map<string, string>();

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  readonly emit: Emit = (event) => {
    if (event.type !== 'transfer' || this.#shown.get(event.id) === event.status) return;
    this.#shown.set(event.id, event.status);
    this.#stream.write(`${plainLine(event)}\n`);
  };

  end(): void {}
}
