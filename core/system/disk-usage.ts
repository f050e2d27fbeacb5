import { lstatSync, readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeName } from '../archive/names.ts';

/** Bytes of a block as stat(2) counts them, whatever the file system's own blocks are. */
const BLOCK = 512;
/** Directories that are read before other work has its turn. */
const TURN = 64;

/**
 * Bytes that a file, or a directory with everything in it, takes on disk: what du(1) says. A file with several names counts once; what
 * disappears meanwhile counts nothing. Other file systems mounted in it are left out.
 */
export async function diskUsage(path: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<number> {
  const root = encodeName(path).toString('latin1');
  const top = statOf(root);
  if (top === undefined) return 0;
  const seen = new Set<number>();
  const waiting = top.isDirectory() ? [root] : [];
  let blocks = top.blocks;
  for (let done = 1; waiting.length > 0; done++) {
    const directory = waiting.pop() as string; // the loop's condition
    for (const name of namesIn(directory)) {
      const stat = statOf(`${directory}/${name}`);
      if (stat === undefined || stat.dev !== top.dev || (stat.nlink > 1 && !stat.isDirectory() && !isFirst(seen, stat.ino))) continue;
      if (stat.isDirectory()) waiting.push(`${directory}/${name}`);
      blocks += stat.blocks;
    }
    if (done % TURN !== 0) continue;
    await nextTurn();
    signal?.throwIfAborted();
  }
  return blocks * BLOCK;
}

/** Bytes that this one file or directory takes, without what is in it. */
export const blocksOf = (path: string): number => (statOf(encodeName(path).toString('latin1'))?.blocks ?? 0) * BLOCK;

function isFirst(seen: Set<number>, ino: number): boolean {
  const before = seen.size;
  return seen.add(ino).size > before;
}

/** Names are bytes: paths are carried as latin1, one character a byte, and given to the system as what they are. */
const bytesOf = (path: string): Buffer => Buffer.from(path, 'latin1');

function statOf(path: string) {
  try {
    return lstatSync(bytesOf(path), { throwIfNoEntry: false });
  } catch (failure) {
    if (isGone(failure)) return undefined;
    throw failure;
  }
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(bytesOf(path), { encoding: 'latin1' });
  } catch (failure) {
    if (isGone(failure)) return [];
    throw failure;
  }
}

const isGone = (failure: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EACCES'].includes((failure as NodeJS.ErrnoException).code ?? '');
