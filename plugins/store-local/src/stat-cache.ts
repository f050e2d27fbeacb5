import type { FileStamp } from '@varve/core/archive';
import type { Database } from './database.ts';

/**
 * Within this time, in nanoseconds, a second change of a file need not show in its times: the kernel's clock for files ticks every 1 to
 * 10 ms, and where there are whole seconds only, as on FAT, in 2 s.
 */
const TICK = 100_000_000n;
const COARSE_TICK = 2_000_000_000n;
const SECOND = 1_000_000_000n;
/** A range of inode numbers is read whole as long as it holds not many more rows than are wanted: one by one costs four times as much. */
const SURPLUS = 4;

interface Remembered {
  readonly size: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly digest: string;
}

export class StatCache {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The digest of each file that has not changed since it was remembered, in order. */
  find(stamps: readonly FileStamp[]): (string | undefined)[] {
    const answers = new Array<string | undefined>(stamps.length).fill(undefined);
    for (const [dev, places] of byDevice(stamps)) {
      const known = this.#rows(
        dev,
        places.map((i) => (stamps[i] as FileStamp).ino), // `places` are places in `stamps`
      );
      for (const i of places) answers[i] = unchanged(stamps[i] as FileStamp, known);
    }
    return answers;
  }

  /** Files that may have been changed after they were read without that showing in their times are not remembered (as in git). */
  remember(files: readonly { readonly stamp: FileStamp; readonly digest: string }[], readAt: bigint): void {
    const settled = files.filter(({ stamp }) => isExact(stamp) && !isRacy(stamp, readAt));
    if (settled.length === 0) return;
    this.#database.transaction(() => {
      for (const { stamp, digest } of settled)
        this.#database.run(
          'INSERT OR REPLACE INTO files (dev, ino, size, mtime, ctime, digest) VALUES (?, ?, ?, ?, ?, ?)',
          stamp.dev,
          stamp.ino,
          stamp.size,
          stamp.mtimeNs,
          stamp.ctimeNs,
          Buffer.from(digest.slice('sha256:'.length), 'hex'),
        );
    });
  }

  #rows(dev: number, inodes: readonly number[]): ReadonlyMap<number, Remembered> {
    const { first, last } = boundsOf(inodes);
    const limit = inodes.length * SURPLUS + 1_000;
    const range = this.#database.tuples(`${SELECT} AND ino BETWEEN ? AND ? LIMIT ?`, dev, first, last, limit);
    const rows = range.length < limit ? range : inodes.flatMap((ino) => this.#database.tuples(`${SELECT} AND ino = ?`, dev, ino));
    // The columns are INTEGER, read as bigints, and text.
    return new Map(
      rows.map((row) => {
        const [ino, size, mtime, ctime, digest] = row as unknown as [bigint, bigint, bigint, bigint, string];
        return [Number(ino), { size, mtime, ctime, digest }];
      }),
    );
  }
}

const SELECT = "SELECT ino, size, mtime, ctime, 'sha256:' || lower(hex(digest)) FROM files WHERE dev = ?";

function byDevice(stamps: readonly FileStamp[]): ReadonlyMap<number, readonly number[]> {
  const places = new Map<number, number[]>();
  for (const [i, stamp] of stamps.entries()) {
    if (!isExact(stamp)) continue;
    const known = places.get(stamp.dev);
    if (known === undefined) places.set(stamp.dev, [i]);
    else known.push(i);
  }
  return places;
}

function boundsOf(inodes: readonly number[]): { readonly first: number; readonly last: number } {
  let first = Number.MAX_SAFE_INTEGER;
  let last = 0;
  for (const ino of inodes) {
    if (ino < first) first = ino;
    if (ino > last) last = ino;
  }
  return { first, last };
}

function unchanged(stamp: FileStamp, known: ReadonlyMap<number, Remembered>): string | undefined {
  const row = known.get(stamp.ino);
  if (row === undefined || row.mtime !== stamp.mtimeNs || row.ctime !== stamp.ctimeNs) return undefined;
  return Number(row.size) === stamp.size ? row.digest : undefined;
}

/** Numbers beyond 2^53 were rounded: two files could have the same. */
const isExact = ({ dev, ino }: FileStamp): boolean => Number.isSafeInteger(dev) && Number.isSafeInteger(ino);

/** Every change sets ctime; mtime counts as well, for file systems that have no ctime of their own. */
function isRacy({ mtimeNs, ctimeNs }: FileStamp, readAt: bigint): boolean {
  const tick = ctimeNs % SECOND === 0n ? COARSE_TICK : TICK;
  const isFuture = mtimeNs > readAt + COARSE_TICK; // set by hand: says nothing about the last change
  return ctimeNs + tick > readAt || (mtimeNs + tick > readAt && !isFuture);
}
