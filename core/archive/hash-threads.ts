import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { hashRanges } from './hash-ranges.ts';
import { Pacer } from './pacer.ts';
import type { Range } from './range-reader.ts';

export interface HashOrder {
  readonly id: number;
  readonly ranges: readonly Range[];
}

export interface HashAnswer {
  readonly id: number;
  readonly hashes: readonly string[] | undefined;
}

/** Orders that one thread has at a time: it need not wait for the next. */
const AHEAD = 2;
/** More threads than this wait for the disk or for memory. */
const THREADS = 4;

/**
 * SHA-256 of ranges, batch by batch, on all cores: this thread does a part of it, in turns that leave the event loop alive.
 * @throws VarveError `SOURCE_CHANGED`
 */
export async function hashOnAllCores(
  batches: readonly (readonly Range[])[],
  signal?: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  const pacer = new Pacer(signal);
  const hashes: (readonly string[])[] = [];
  let next = 0;
  let isOver = false;
  const others = Array.from({ length: Math.min(availableParallelism(), THREADS) - 1 }, () => new HashThread());
  const help = async (thread: HashThread): Promise<void> => {
    while (next < batches.length && !isOver) {
      const place = next++;
      const batch = batches[place] ?? [];
      const found = await thread.hash(batch);
      if (!isOver) hashes[place] = found ?? hashRanges(batch);
    }
  };
  try {
    const helping = others.flatMap((thread) => Array.from({ length: AHEAD }, () => help(thread)));
    for (const one of helping) one.catch(() => undefined); // told below, unless this thread has failed before
    while (next < batches.length) {
      const place = next++;
      hashes[place] = hashRanges(batches[place] ?? []);
      await pacer.rest(); // answers come in
    }
    await Promise.all(helping);
    signal?.throwIfAborted();
    return hashes;
  } finally {
    isOver = true;
    await Promise.all(others.map((thread) => thread.end()));
  }
}

/** A thread that hashes; where there can be none, it has no answers. */
class HashThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (hashes: HashAnswer['hashes']) => void>();
  #orders = 0;
  #isBroken = false;

  constructor() {
    this.#worker = new Worker(new URL(`./hash-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
      env: {},
      execArgv: process.execArgv.filter((option) => option.startsWith('--conditions=')),
      trackUnmanagedFds: false,
    });
    this.#worker.on('message', ({ id, hashes }: HashAnswer) => this.#answer(id, hashes));
    for (const event of ['error', 'exit']) this.#worker.on(event, () => this.#break());
  }

  /** `undefined`: it could not. */
  hash(ranges: readonly Range[]): Promise<readonly string[] | undefined> {
    if (this.#isBroken) return Promise.resolve(undefined);
    const id = this.#orders++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, ranges } satisfies HashOrder);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #answer(id: number, hashes: HashAnswer['hashes']): void {
    this.#waiting.get(id)?.(hashes);
    this.#waiting.delete(id);
  }

  #break(): void {
    this.#isBroken = true;
    for (const id of [...this.#waiting.keys()]) this.#answer(id, undefined);
  }
}
