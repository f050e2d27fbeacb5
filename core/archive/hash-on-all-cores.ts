import { hashRanges } from './hash-ranges.ts';
import { type HashThread, hashThreads } from './hash-thread.ts';
import { Pacer } from './pacer.ts';
import type { Range } from './range-reader.ts';

/** Orders that one thread has at a time: it need not wait for the next. */
const AHEAD = 2;

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
  const help = async (thread: HashThread): Promise<void> => {
    while (next < batches.length && !isOver) {
      const place = next++;
      const batch = batches[place] ?? [];
      const found = await thread.hash(batch);
      if (!isOver) hashes[place] = found ?? hashRanges(batch);
    }
  };
  try {
    const helping = hashThreads().flatMap((thread) => Array.from({ length: AHEAD }, () => help(thread)));
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
  }
}
