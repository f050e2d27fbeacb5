import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Range } from './range-reader.ts';

/** What a thread is told; each `ranges`, `piece` and `close` gets an answer, in order. */
export type HashOrder = { readonly id: number } & (
  | { readonly kind: 'ranges'; readonly ranges: readonly Range[] }
  | { readonly kind: 'open'; readonly algorithm: string; readonly shared: Uint8Array }
  | { readonly kind: 'piece'; readonly start: number; readonly length: number }
  | { readonly kind: 'close' }
);

export interface HashAnswer {
  readonly id: number;
  /** Hexadecimal digits; absent: it could not, or has done a piece. */
  readonly hashes: readonly string[] | undefined;
}

type Listener = (hashes: HashAnswer['hashes']) => void;

/** More threads than this wait for the disk or for memory. */
const THREADS = 4;

/** A thread that hashes. Where there can be none, everything is answered with nothing. Idle, it does not keep a process from ending. */
export class HashThread {
  readonly #worker: Worker;
  readonly #listeners = new Map<number, Listener>();
  #ids = 0;
  isBroken = false;

  constructor() {
    this.#worker = new Worker(new URL(`./hash-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
      env: {},
      execArgv: process.execArgv.filter((option) => option.startsWith('--conditions=')),
      trackUnmanagedFds: false,
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 }, // it holds little, and should not take more
    });
    this.#worker.on('message', ({ id, hashes }: HashAnswer) => this.#listeners.get(id)?.(hashes));
    for (const event of ['error', 'exit']) this.#worker.on(event, () => this.#break());
    this.#worker.unref();
  }

  /** `undefined`: it could not. */
  hash(ranges: readonly Range[]): Promise<readonly string[] | undefined> {
    return new Promise((resolve) => {
      const id = this.open((hashes) => {
        this.close(id);
        resolve(hashes);
      });
      this.post({ kind: 'ranges', id, ranges });
    });
  }

  /** Begins to listen, which keeps the process alive until `close`. */
  open(listener: Listener): number {
    const id = this.#ids++;
    this.#listeners.set(id, listener);
    this.#worker.ref();
    return id;
  }

  post(order: HashOrder): void {
    if (this.isBroken) queueMicrotask(() => this.#listeners.get(order.id)?.(undefined));
    else this.#worker.postMessage(order);
  }

  close(id: number): void {
    this.#listeners.delete(id);
    if (this.#listeners.size === 0) this.#worker.unref();
  }

  #break(): void {
    this.isBroken = true;
    for (const listener of [...this.#listeners.values()]) listener(undefined);
  }
}

let threads: readonly HashThread[] | undefined;

/** As many as there are cores besides the one of this thread; started when first wanted. */
export function hashThreads(): readonly HashThread[] {
  const count = Math.min(availableParallelism(), THREADS) - 1;
  threads ??= Array.from({ length: count }, () => new HashThread());
  if (threads.some(({ isBroken }) => isBroken)) threads = threads.map((one) => (one.isBroken ? new HashThread() : one));
  return threads;
}
