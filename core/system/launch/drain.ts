import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DrainOptions {
  readonly take: (chunk: Uint8Array) => void;
  readonly ready?: (() => Promise<void> | undefined) | undefined;
}

/** Passes a process's output on, and reads no faster than it is taken. */
export class Drain {
  readonly #stream: Readable;
  readonly #closed: Promise<void>;
  #last = Date.now();
  #held = false;

  constructor(stream: Readable, { take, ready }: DrainOptions) {
    this.#stream = stream;
    this.#closed = new Promise((done, fail) => {
      stream.on('data', (chunk: Buffer) => {
        this.#last = Date.now();
        take(chunk);
        const wait = ready?.();
        if (wait !== undefined) void this.#hold(wait);
      });
      // A terminal whose last user has gone says so by EIO (pty(7)).
      stream.on('error', (failure: NodeJS.ErrnoException) => (failure.code === 'EIO' ? done() : fail(failure)));
      stream.on('close', () => done());
    });
    this.#closed.catch(() => undefined); // told by `finish`
  }

  async finish(idle?: number): Promise<void> {
    let open = true;
    const closed = this.#closed.finally(() => (open = false));
    if (idle === undefined) return await closed;
    this.#last = Date.now();
    while (open) {
      await Promise.race([closed, sleep(idle)]);
      if (!this.#held && Date.now() - this.#last >= idle) this.#stream.destroy();
    }
    await closed;
  }

  async #hold(wait: Promise<void>): Promise<void> {
    this.#held = true;
    this.#stream.pause();
    await wait.catch(() => undefined); // whoever takes the output knows why it cannot
    this.#held = false;
    this.#last = Date.now();
    this.#stream.resume();
  }
}
