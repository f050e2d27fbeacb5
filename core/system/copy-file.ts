import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { VarveError } from '../src/errors.ts';
import { type HostPath, libc, whySystemUnavailable } from './libc.ts';
import { lastErrno, systemError } from './system-error.ts';

const FICLONE = 0x40049409;
/** Bytes for one call: interruptible, and far above what calls cost. */
const STEP = 64 * 1024 * 1024;
const BUFFER = 1024 * 1024;
/** What the kernel answers when it cannot copy between these two files by itself. */
const TRY_READ_WRITE: ReadonlySet<string> = new Set(['EXDEV', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EBADF']);

export interface CopyRange {
  /** Where in the source, in bytes; default 0. */
  readonly offset?: number;
  /** Bytes; default to the end of the source. */
  readonly length?: number;
}

/**
 * Copies a file or a part of it to a new file, sharing its blocks where the file system can, else inside the kernel, else by reading and
 * writing. Content only: mode 0600 less the umask, no times, no xattrs.
 *
 * @throws VarveError `SOURCE_CHANGED` if the source is shorter than the range; errors of `node:fs`, such as `EEXIST`
 */
export function copyFile(from: HostPath, to: HostPath, range: CopyRange = {}): void {
  const source = openSync(from, constants.O_RDONLY);
  try {
    const target = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      const { offset = 0, length = fstatSync(source).size - (range.offset ?? 0) } = range;
      if (offset !== 0 || range.length !== undefined || !cloneFile(source, target)) copyRange(source, target, { offset, length });
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

/** Makes an open, empty file share all blocks of another one (ioctl FICLONE); false where the file system cannot. */
export function cloneFile(from: number, to: number): boolean {
  return whySystemUnavailable() === undefined && libc().ioctl(to, FICLONE, from) === 0;
}

/** Copies a range of an open file to the start of another open file. @throws VarveError `SOURCE_CHANGED`, `SYSTEM_…` */
export function copyRange(from: number, to: number, { offset, length }: Required<CopyRange>): void {
  const done = whySystemUnavailable() === undefined ? copyInKernel(from, to, { offset, length }) : 0;
  if (done < length) copyThroughMemory(from, to, { offset, length, done });
}

/** Returns the number of bytes copied before the kernel gave up. */
function copyInKernel(from: number, to: number, { offset, length }: Required<CopyRange>): number {
  const source = new BigInt64Array(1);
  const target = new BigInt64Array(1);
  let done = 0;
  while (done < length) {
    source[0] = BigInt(offset + done);
    target[0] = BigInt(done);
    const copied = libc().copy_file_range(from, source, to, target, Math.min(length - done, STEP), 0);
    if (copied === 0) return done; // the end of the source, or a pseudo file: reading tells
    if (copied > 0) done += copied;
    else {
      const reason = lastErrno();
      if (TRY_READ_WRITE.has(reason)) return done;
      if (reason !== 'EINTR') throw systemError('copy_file_range', to, reason);
    }
  }
  return done;
}

function copyThroughMemory(from: number, to: number, range: Required<CopyRange> & { readonly done: number }): void {
  const buffer = Buffer.allocUnsafe(Math.min(BUFFER, range.length - range.done));
  for (let { done } = range; done < range.length; ) {
    const read = readSync(from, buffer, 0, Math.min(buffer.length, range.length - done), range.offset + done);
    if (read === 0) throw new VarveError('SOURCE_CHANGED', `Expected ${range.length} bytes to copy, found ${done}`);
    for (let written = 0; written < read; ) written += writeSync(to, buffer, written, read - written, done + written);
    done += read;
  }
}
