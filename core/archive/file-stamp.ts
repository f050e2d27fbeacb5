import { longAt, ROW, secondsAt } from '../system/stat-row.ts';
import type { FileStamp } from './entry.ts';

/**
 * Within this time, in nanoseconds, a second change of a file need not show in its times: the kernel's clock for files ticks every 1 to
 * 10 ms, and where there are whole seconds only, as on FAT, in 2 s.
 */
const TICK = 100_000_000n;
const COARSE_TICK = 2_000_000_000n;
const SECOND = 1_000_000_000n;

export const nsOf = (seconds: number, nanoseconds: number): bigint => BigInt(seconds) * SECOND + BigInt(nanoseconds);

/** The stamp in a file's row (`ROW`), which begins at `at`. */
export const stampAt = (row: Uint32Array, at: number): FileStamp => ({
  dev: longAt(row, at + ROW.dev),
  ino: longAt(row, at + ROW.ino),
  size: longAt(row, at + ROW.size),
  mtimeNs: nsOf(secondsAt(row, at + ROW.mtime), row[at + ROW.mtimeNs] ?? 0),
  ctimeNs: nsOf(secondsAt(row, at + ROW.ctime), row[at + ROW.ctimeNs] ?? 0),
});

/** Whether a file's row (`lookAt`) has the stamp. */
export const isSameStamp = (stamp: FileStamp, row: Uint32Array): boolean =>
  stamp.size === longAt(row, ROW.size) &&
  stamp.ino === longAt(row, ROW.ino) &&
  stamp.dev === longAt(row, ROW.dev) &&
  stamp.ctimeNs === nsOf(secondsAt(row, ROW.ctime), row[ROW.ctimeNs] ?? 0) &&
  stamp.mtimeNs === nsOf(secondsAt(row, ROW.mtime), row[ROW.mtimeNs] ?? 0);

/**
 * Whether any change after `readAt`, in nanoseconds since 1970, must show in the stamp that a file had then (as in git). Every change sets
 * ctime; mtime counts as well, for file systems that have no ctime of their own. Numbers beyond 2^53 were rounded: two files could have
 * the same.
 *
 * @param usualTick in nanoseconds, where more is known of the file system than that it may be any
 */
export function isSettled({ dev, ino, mtimeNs, ctimeNs }: FileStamp, readAt: bigint, usualTick = TICK): boolean {
  if (!Number.isSafeInteger(dev) || !Number.isSafeInteger(ino)) return false;
  const tick = ctimeNs % SECOND === 0n ? COARSE_TICK : usualTick;
  const isFuture = mtimeNs > readAt + COARSE_TICK; // set by hand: says nothing about the last change
  return ctimeNs + tick <= readAt && (mtimeNs + tick <= readAt || isFuture);
}

/** Words above the lower 53 bits: two files could have the same number once it is rounded. */
const EXACT_HIGH = 2 ** 21;
/** Seconds after which no clock is too coarse for a change to show. */
const LONG_AGO = 3;

/** A moment, in nanoseconds and in seconds since 1970. */
export interface Moment {
  readonly ns: bigint;
  readonly seconds: number;
}
export const momentOf = (ns: bigint): Moment => ({ ns, seconds: Number(ns / SECOND) });

/** As `isSettled` of the stamp in a file's row, which is made only where it is close. */
export function isRowSettled(row: Uint32Array, at: number, { ns, seconds }: Moment, usualTick?: bigint): boolean {
  if ((row[at + ROW.ino + 1] ?? 0) >= EXACT_HIGH || (row[at + ROW.dev + 1] ?? 0) >= EXACT_HIGH) return false;
  const limit = seconds - LONG_AGO;
  return (secondsAt(row, at + ROW.ctime) < limit && secondsAt(row, at + ROW.mtime) < limit) || isSettled(stampAt(row, at), ns, usualTick);
}
