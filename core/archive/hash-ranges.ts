import { createHash, hash } from 'node:crypto';
import { type Range, RangeReader, readFully } from './range-reader.ts';

/** Read at a time. */
const CHUNK = 1024 * 1024;
let buffer: Buffer | undefined;

/** SHA-256 of each range, as hexadecimal digits, in order. @throws VarveError `SOURCE_CHANGED` */
export function hashRanges(ranges: readonly Range[]): string[] {
  using reader = new RangeReader();
  return ranges.map((range) => hashRange(range, reader));
}

function hashRange(range: Range, reader: RangeReader): string {
  buffer ??= Buffer.allocUnsafeSlow(CHUNK);
  const into = buffer;
  if (range.length <= CHUNK) {
    const bytes = into.subarray(0, range.length);
    reader.read(range, bytes);
    return hash('sha256', bytes, 'hex');
  }
  return reader.with(range, (fd) => {
    const sum = createHash('sha256');
    for (let skip = 0; skip < range.length; skip += CHUNK) {
      const length = Math.min(CHUNK, range.length - skip);
      readFully(fd, range, { into, at: 0, skip, length });
      sum.update(into.subarray(0, length));
    }
    return sum.digest('hex');
  });
}
