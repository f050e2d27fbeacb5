import { VarveError } from '@varve/core';
import type { LocalStore } from '../local-store.ts';
import type { Housekeeping } from './housekeeping.ts';

const FACT = 'collected-at';
/** Milliseconds between two collections that nobody asked for: looking at everything costs more than a small build. */
const INTERVAL = 3_600_000;

/** Keeps a store within its budget: collects at the end of a process that built something, unless others are at work. */
export class AutoCollector implements AsyncDisposable {
  readonly #store: LocalStore;
  readonly #housekeeping: Housekeeping;
  readonly #keep: number;

  constructor(store: LocalStore, housekeeping: Housekeeping, keep: number) {
    this.#store = store;
    this.#housekeeping = housekeeping;
    this.#keep = keep;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const { state } = this.#store;
      const last = Number((await state.recall(FACT)) ?? 0);
      if (Math.abs(Date.now() - last) < INTERVAL) return;
      if ((await this.#housekeeping.tryCollect({ keep: this.#keep }, 0)) !== undefined) await state.remember(FACT, String(Date.now()));
    } catch (failure) {
      if (!VarveError.is(failure)) throw failure; // a store that is full or read-only is no failure of the build
    }
  }
}
