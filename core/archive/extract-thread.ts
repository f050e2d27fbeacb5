import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FileBatch } from './file-batch.ts';
import type { OwnFiles } from './own-files.ts';

/** How the files of one layer are written. */
export interface Writing {
  readonly layer: number;
  readonly owners: 'kept' | 'mine';
  readonly own: OwnFiles | undefined;
}

/** What the thread is told. Each batch is answered, in order, with whether it could be written. */
export type ExtractOrder =
  | ({ readonly kind: 'write'; readonly batch: FileBatch } & Writing)
  | { readonly kind: 'end'; readonly layer: number };

/** A thread that writes files, beside the one that makes directories and writes, too. Idle, it does not keep a process from ending. */
export class ExtractThread {
  readonly #worker: Worker;
  /** How many batches it has done: it says so here, since answers are only heard between two turns of the event loop. */
  readonly #done = new Int32Array(new SharedArrayBuffer(4));
  readonly #waiting: ((isWritten: boolean) => void)[] = [];
  #given = 0;
  isBroken = false;

  constructor() {
    this.#worker = new Worker(new URL(`./extract-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
      env: {},
      execArgv: process.execArgv.filter((option) => option.startsWith('--conditions=')),
      trackUnmanagedFds: false,
      workerData: this.#done,
      resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 },
    });
    this.#worker.on('message', (isWritten: boolean) => this.#answer(isWritten));
    for (const event of ['error', 'exit']) this.#worker.on(event, () => this.#break());
    this.#worker.unref();
  }

  /** Batches that it has not done yet. */
  get backlog(): number {
    return this.#given - Atomics.load(this.#done, 0);
  }

  /** `false`: it could not. */
  write(batch: FileBatch, writing: Writing): Promise<boolean> {
    if (this.isBroken) return Promise.resolve(false);
    this.#given++;
    this.#worker.ref();
    this.#worker.postMessage({ kind: 'write', batch, ...writing } satisfies ExtractOrder, [batch.numbers.buffer]);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Nothing more of a layer comes. */
  end(layer: number): void {
    if (!this.isBroken) this.#worker.postMessage({ kind: 'end', layer } satisfies ExtractOrder);
  }

  #answer(isWritten: boolean): void {
    this.#waiting.shift()?.(isWritten);
    if (this.#waiting.length === 0) this.#worker.unref();
  }

  #break(): void {
    this.isBroken = true;
    while (this.#waiting.length > 0) this.#answer(false);
  }
}

let thread: ExtractThread | undefined;

/** `undefined` where it would have no core of its own. */
export function extractThread(): ExtractThread | undefined {
  if (availableParallelism() < 2) return undefined;
  if (thread === undefined || thread.isBroken) thread = new ExtractThread();
  return thread;
}
