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
 */
export function isSettled({ dev, ino, mtimeNs, ctimeNs }: FileStamp, readAt: bigint): boolean {
  if (!Number.isSafeInteger(dev) || !Number.isSafeInteger(ino)) return false;
  const tick = ctimeNs % SECOND === 0n ? COARSE_TICK : TICK;
  const isFuture = mtimeNs > readAt + COARSE_TICK; // set by hand: says nothing about the last change
  return ctimeNs + tick <= readAt && (mtimeNs + tick <= readAt || isFuture);
}
