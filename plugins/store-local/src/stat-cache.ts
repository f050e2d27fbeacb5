import { type FileStamp, isSettled } from '@varve/core/archive';
import type { Database } from './database.ts';

/** A range of inode numbers is read whole as long as it holds not many more rows than are wanted: one by one costs four times as much. */
const SURPLUS = 4;

export class StatCache {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The digest of each file that has not changed since it was remembered, in order. */
  find(stamps: readonly FileStamp[]): (string | undefined)[] {
    const answers = new Array<string | undefined>(stamps.length).fill(undefined);
    for (const [dev, places] of byDevice(stamps)) this.#findOn(dev, { places, stamps, answers });
    return answers;
  }

  /** Files that may have been changed after they were read without that showing in their times are not remembered (as in git). */
  remember(files: readonly { readonly stamp: FileStamp; readonly digest: string }[], readAt: bigint): void {
    const settled = files.filter(({ stamp }) => isSettled(stamp, readAt));
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

  #findOn(dev: number, { places, stamps, answers }: Finding): void {
    const stampAt = (place: number): FileStamp => stamps[place] as FileStamp; // `places` are places in `stamps`
    const first = new Map<number, number>();
    for (const place of places) if (!first.has(stampAt(place).ino)) first.set(stampAt(place).ino, place);
    // The columns are INTEGER, read as bigints, and text.
    const take = (row: readonly unknown[]): void => {
      const [ino, size, mtime, ctime, digest] = row as [bigint, bigint, bigint, bigint, string];
      const place = first.get(Number(ino));
      if (place === undefined) return;
      const stamp = stampAt(place);
      if (mtime === stamp.mtimeNs && ctime === stamp.ctimeNs && Number(size) === stamp.size) answers[place] = digest;
    };
    const { least, most } = boundsOf(first.keys());
    const limit = places.length * SURPLUS + 1_000;
    const count = this.#database.each(`${SELECT} AND ino BETWEEN ? AND ? LIMIT ?`, [dev, least, most, limit], take);
    if (count === limit) for (const ino of first.keys()) this.#database.each(`${SELECT} AND ino = ?`, [dev, ino], take);
    for (const place of places) {
      const other = first.get(stampAt(place).ino) ?? place; // another name of the file
      if (other !== place && isSameFile(stampAt(other), stampAt(place))) answers[place] = answers[other];
    }
  }
}

interface Finding {
  /** Of the files on one device. */
  readonly places: readonly number[];
  readonly stamps: readonly FileStamp[];
  readonly answers: (string | undefined)[];
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

function boundsOf(inodes: Iterable<number>): { readonly least: number; readonly most: number } {
  let least = Number.MAX_SAFE_INTEGER;
  let most = 0;
  for (const ino of inodes) {
    if (ino < least) least = ino;
    if (ino > most) most = ino;
  }
  return { least, most };
}

const isSameFile = (one: FileStamp, other: FileStamp): boolean =>
  one.size === other.size && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs;

/** Numbers beyond 2^53 were rounded: two files could have the same. */
const isExact = ({ dev, ino }: FileStamp): boolean => Number.isSafeInteger(dev) && Number.isSafeInteger(ino);
