import { contentLength, contentPieces } from './content.ts';
import type { Content } from './entry.ts';
import { RangeReader } from './range-reader.ts';

const PIECE = 256 * 1024;
let buffers: readonly [Buffer, Buffer] | undefined;

/** Compares bytes; reads no further than the first difference. @throws VarveError `SOURCE_CHANGED` */
export function isSameContent(a: Content, b: Content): boolean {
  if (contentLength(a) !== contentLength(b)) return false;
  if (a.kind === 'bytes' || b.kind === 'bytes') return isSameBytes(a, b);
  buffers ??= [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)];
  using reader = new RangeReader();
  const others = contentPieces(b, reader, buffers[1]);
  for (const piece of contentPieces(a, reader, buffers[0])) {
    const other = others.next().value;
    if (other === undefined || Buffer.compare(piece, other) !== 0) return false;
  }
  return true;
}

/** Bytes at hand are few: no need to go piece by piece. */
function isSameBytes(a: Content, b: Content): boolean {
  using reader = new RangeReader();
  const [first, second] = [a, b].map((content) => {
    if (content.kind === 'bytes') return content.bytes;
    const bytes = Buffer.allocUnsafe(content.length);
    reader.read(content, bytes);
    return bytes;
  });
  return first !== undefined && second !== undefined && Buffer.compare(first, second) === 0;
}
