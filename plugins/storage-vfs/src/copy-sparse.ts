import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { cloneFile } from '@varve/core/system';

const CHUNK = 1024 * 1024;
/** Holes are made of whole blocks of the file system. */
const BLOCK = 4096;
const ZEROS = Buffer.alloc(BLOCK);

/** Copies a file that has holes to a new file, leaving blocks of zeros out. Yields now and then: a hole may be terabytes. */
export function* copySparse(from: Buffer, to: Buffer, size: number): Generator<void, void, undefined> {
  const source = openSync(from, constants.O_RDONLY);
  try {
    const target = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      if (cloneFile(source, target)) return;
      yield* copyData(source, target);
      ftruncateSync(target, size);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function* copyData(source: number, target: number): Generator<void, void, undefined> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; ; ) {
    const length = readSync(source, buffer, 0, CHUNK, at);
    if (length === 0) return;
    for (const [start, end] of dataIn(buffer.subarray(0, length))) writeAll(target, buffer.subarray(start, end), at + start);
    at += length;
    yield;
  }
}

/** The runs of blocks that are not all zeros. */
function* dataIn(bytes: Buffer): Generator<readonly [number, number], void, undefined> {
  let start = 0;
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.compare(ZEROS, 0, block.length) !== 0) continue;
    if (start < at) yield [start, at];
    start = at + block.length;
  }
  if (start < bytes.length) yield [start, bytes.length];
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
