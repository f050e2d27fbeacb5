import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { PackedParts } from './packed-index.ts';
import type { Range } from './range-reader.ts';
import type { ReadLayer } from './read-layer.ts';

/** What a thread is told; each `ranges`, `piece` and `close` gets an answer, in order. */
export type HashOrder = { readonly id: number } & (
  | { readonly kind: 'ranges'; readonly ranges: readonly Range[] }
  | {
      readonly kind: 'open';
      readonly algorithm: string;
      /** It is a layer in gzip. */
      readonly isLayer?: boolean;
    }
  | {
      readonly kind: 'piece';
      /** Of shared memory, which stays as it is until the answer. */
      readonly piece: Uint8Array;
    }
  | { readonly kind: 'close' }
);

export interface HashAnswer {
  readonly id: number;
  /** Hexadecimal digits; absent: it could not, or has done a piece. */
  readonly hashes?: readonly string[] | undefined;
  readonly layer?: Omit<ReadLayer, 'index'> & { readonly parts: PackedParts };
  /** Of a layer that cannot be read, with the first of its pieces that shows it. */
  readonly failure?: { readonly code: string; readonly message: string; readonly hint: string | undefined };
}

type Listener = (answer: HashAnswer) => void;

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
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 2048 }, // little, but for the index of a layer
    });
    this.#worker.on('message', (answer: HashAnswer) => this.#listeners.get(answer.id)?.(answer));
    for (const event of ['error', 'exit']) this.#worker.on(event, () => this.#break());
    this.#worker.unref();
  }

  /** `undefined`: it could not. */
  hash(ranges: readonly Range[]): Promise<readonly string[] | undefined> {
    return new Promise((resolve) => {
      const id = this.open(({ hashes }) => {
        this.close(id);
        resolve(hashes);
      });
      this.post({ kind: 'ranges', id, ranges });
    });
  }

  /** Whose work it does. */
  get load(): number {
    return this.#listeners.size;
  }

  /** Begins to listen, which keeps the process alive until `close`. */
  open(listener: Listener): number {
    const id = this.#ids++;
    this.#listeners.set(id, listener);
    this.#worker.ref();
    return id;
  }

  post(order: HashOrder): void {
    if (this.isBroken) queueMicrotask(() => this.#listeners.get(order.id)?.({ id: order.id }));
    else this.#worker.postMessage(order);
  }

  close(id: number): void {
    this.#listeners.delete(id);
    if (this.#listeners.size === 0) this.#worker.unref();
  }

  #break(): void {
    this.isBroken = true;
    for (const [id, listener] of [...this.#listeners]) listener({ id });
  }
}

let threads: HashThread[] = [];

/** As many as there are cores besides the one of this thread; started when first wanted. */
export function hashThreads(): readonly HashThread[] {
  return startThreads(coresFor() - 1);
}

/** The one with the least to do. */
export const freeHashThread = (): HashThread | undefined => freeOf(hashThreads());

/** The same for work that leaves the calling thread little to do: there may be as many as there are cores, where there are several. */
export function freeLayerThread(): HashThread | undefined {
  const free = freeHashThread();
  return free === undefined || free.load === 0 ? free : freeOf(startThreads(coresFor()));
}

const coresFor = (): number => Math.min(availableParallelism(), THREADS);

function startThreads(count: number): readonly HashThread[] {
  threads = Array.from({ length: Math.max(count, threads.length) }, (_, i) => threads[i] ?? new HashThread());
  for (const [i, one] of threads.entries()) if (one.isBroken) threads[i] = new HashThread();
  return threads.slice(0, count);
}

const freeOf = (some: readonly HashThread[]): HashThread | undefined =>
  some.filter(({ isBroken }) => !isBroken).sort((a, b) => a.load - b.load)[0];
