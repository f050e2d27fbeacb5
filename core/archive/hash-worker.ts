import { parentPort } from 'node:worker_threads';
import { hashRanges } from './hash-ranges.ts';
import type { HashAnswer, HashOrder } from './hash-threads.ts';

/** A thread of `HashThreads`. What cannot be hashed is left to whoever asked, who then hears why. */
parentPort?.on('message', ({ id, ranges }: HashOrder) => {
  let hashes: readonly string[] | undefined;
  try {
    hashes = hashRanges(ranges);
  } catch {
    hashes = undefined;
  }
  parentPort?.postMessage({ id, hashes } satisfies HashAnswer);
});
