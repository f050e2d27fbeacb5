import { type BigIntStats, fstatSync, lstatSync, statSync } from 'node:fs';
import { type HostPath, libc, whySystemUnavailable } from './libc.ts';
import { nativePath } from './system-error.ts';

/** What is known of a file, as a row of 32-bit numbers; longer ones take two places, the lower half first. */
export const ROW = {
  mode: 0,
  links: 1,
  uid: 2,
  gid: 3,
  ino: 4,
  size: 6,
  mtime: 8,
  mtimeNs: 10,
  ctimeNs: 11,
  ctime: 12,
  dev: 14,
  rdev: 16,
  length: 18,
} as const;

/** `struct statx`, in words: where each of the row's numbers lies. */
const STATX = { links: 4, uid: 5, gid: 6, mode: 7, ino: 8, size: 10, ctime: 24, ctimeNs: 26, mtime: 28, mtimeNs: 30, rdev: 32, dev: 34 };
const STATX_WORDS = 64;
const BASIC_STATS = 0x7ff;
const CURRENT_DIRECTORY = -100;
const NO_FOLLOW = 0x100;
const EMPTY_PATH = 0x1000;

const found = new Uint32Array(STATX_WORDS);
let isStatxThere: boolean | undefined;

/**
 * Writes the row of a file at `at`; `false` where there is none. No object is made: of a large tree, what Node makes of each file takes as
 * long as the look at it, and keeps memory busy.
 */
export function lookAt(path: HostPath, row: Uint32Array, at: number, { follow = false } = {}): boolean {
  isStatxThere ??= hasStatx();
  if (isStatxThere && libc().statx(CURRENT_DIRECTORY, nativePath(path), follow ? 0 : NO_FOLLOW, BASIC_STATS, found) === 0) {
    takeStatx(row, at);
    return true;
  }
  return lookAtAlone(path, row, at, { follow }); // tells what is wrong, too
}

/** The same through Node alone: for a few files koffi takes longer to load than they do. */
export function lookAtAlone(path: HostPath, row: Uint32Array, at: number, { follow = false } = {}): boolean {
  const stats = (follow ? statSync : lstatSync)(path, { bigint: true, throwIfNoEntry: false });
  if (stats !== undefined) takeStats(stats, row, at);
  return stats !== undefined;
}

/** The same for an open file, at the row's start. Node looks where nobody has looked at a path before: as in threads, which have no use for koffi. */
export function lookAtOpen(fd: number, row: Uint32Array): void {
  if (isStatxThere === true && libc().statx(fd, '', EMPTY_PATH, BASIC_STATS, found) === 0) takeStatx(row, 0);
  else takeStats(fstatSync(fd, { bigint: true }), row, 0);
}

/** Words are read as they lie in memory. */
function hasStatx(): boolean {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1 || whySystemUnavailable() !== undefined) return false;
  try {
    return libc().statx(CURRENT_DIRECTORY, '/', 0, BASIC_STATS, found) === 0;
  } catch {
    return false; // an old C library has none
  }
}

const word = (at: number): number => found[at] ?? 0;

function takeStatx(row: Uint32Array, at: number): void {
  row[at + ROW.mode] = word(STATX.mode) & 0xffff; // the upper half is padding
  row[at + ROW.links] = word(STATX.links);
  row[at + ROW.uid] = word(STATX.uid);
  row[at + ROW.gid] = word(STATX.gid);
  row[at + ROW.ino] = word(STATX.ino);
  row[at + ROW.ino + 1] = word(STATX.ino + 1);
  row[at + ROW.size] = word(STATX.size);
  row[at + ROW.size + 1] = word(STATX.size + 1);
  row[at + ROW.mtime] = word(STATX.mtime);
  row[at + ROW.mtime + 1] = word(STATX.mtime + 1);
  row[at + ROW.mtimeNs] = word(STATX.mtimeNs);
  row[at + ROW.ctimeNs] = word(STATX.ctimeNs);
  row[at + ROW.ctime] = word(STATX.ctime);
  row[at + ROW.ctime + 1] = word(STATX.ctime + 1);
  putDevice(row, at + ROW.dev, STATX.dev);
  putDevice(row, at + ROW.rdev, STATX.rdev);
}

/** Major and minor number as one, in the way of the C library (makedev(3)) and of Node. */
function putDevice(row: Uint32Array, at: number, place: number): void {
  const [major, minor] = [word(place), word(place + 1)];
  row[at] = ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
  row[at + 1] = ((major & 0xfffff000) | (minor >>> 20)) >>> 0;
}

function takeStats(stats: BigIntStats, row: Uint32Array, at: number): void {
  row[at + ROW.mode] = Number(stats.mode);
  row[at + ROW.links] = Number(stats.nlink);
  row[at + ROW.uid] = Number(stats.uid);
  row[at + ROW.gid] = Number(stats.gid);
  putLong(row, at + ROW.ino, stats.ino);
  putLong(row, at + ROW.size, stats.size);
  putTime(row, { seconds: at + ROW.mtime, nanoseconds: at + ROW.mtimeNs }, stats.mtimeNs);
  putTime(row, { seconds: at + ROW.ctime, nanoseconds: at + ROW.ctimeNs }, stats.ctimeNs);
  putLong(row, at + ROW.dev, stats.dev);
  putLong(row, at + ROW.rdev, stats.rdev);
}

export const longAt = (row: Uint32Array, at: number): number => (row[at + 1] ?? 0) * HIGH + (row[at] ?? 0);
export const secondsAt = (row: Uint32Array, at: number): number => ((row[at + 1] ?? 0) | 0) * HIGH + (row[at] ?? 0);

function putLong(row: Uint32Array, at: number, value: bigint): void {
  row[at] = Number(value & 0xffff_ffffn);
  row[at + 1] = Number((value >> 32n) & 0xffff_ffffn);
}

function putTime(row: Uint32Array, at: { readonly seconds: number; readonly nanoseconds: number }, ns: bigint): void {
  const rest = ((ns % SECOND) + SECOND) % SECOND; // also before 1970
  putLong(row, at.seconds, (ns - rest) / SECOND);
  row[at.nanoseconds] = Number(rest);
}

const SECOND = 1_000_000_000n;
const HIGH = 2 ** 32;
