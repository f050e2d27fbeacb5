import { VarveError } from '../src/errors.ts';

/** How bytes are compressed; `none` for anything that is not recognised, such as a plain tar. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Bytes of a stream that `detectCompression` must see. */
export const DETECTION_BYTES = 6;

/** Recognises a compression by the first bytes of a stream, whatever its name or media type says. */
export function detectCompression(bytes: Uint8Array): Compression {
  for (const [compression, magic] of MAGIC) {
    if (bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte)) return compression;
  }
  return isSkippableZstd(bytes) ? 'zstd' : 'none';
}

/** A zstd stream may begin with a skippable frame (RFC 8878, 3.1.2), as pzstd's and the seekable format's do. */
const isSkippableZstd = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && ((bytes[0] ?? 0) & 0xf0) === 0x50 && bytes[1] === 0x2a && bytes[2] === 0x4d && bytes[3] === 0x18;

export const corruptData = (compression: string, why: string, cause?: unknown): VarveError =>
  new VarveError('COMPRESSION_CORRUPT', `The ${compression} data cannot be unpacked: ${why}`, { cause });
