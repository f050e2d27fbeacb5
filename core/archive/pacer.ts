import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of synchronous work at a time. */
const TURN = 20;

/**
 * Lets synchronous work share the thread: `if (pacer.isDue) await pacer.rest()` in the loop. A promise for each file would cost several
 * times as much as the file.
 */
export class Pacer {
  readonly #signal: AbortSignal | undefined;
  #until = performance.now() + TURN;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  get isDue(): boolean {
    return performance.now() > this.#until;
  }

  /** Throws the signal's reason if it is aborted. */
  async rest(): Promise<void> {
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#until = performance.now() + TURN;
  }
}
