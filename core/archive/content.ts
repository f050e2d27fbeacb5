import { hash } from 'node:crypto';
import type { Content, FileEntry } from './entry.ts';
import { hashRanges } from './hash-ranges.ts';
import { Pacer } from './pacer.ts';
import { hostPath } from './paths.ts';
import { type Range, RangeReader, readFully } from './range-reader.ts';

/** Where the bytes of the entries of a scanned directory lie. */
export const contentIn =
  (root: string) =>
  (file: FileEntry): Content => ({ kind: 'range', file: hostPath(root, file.path), offset: 0, length: file.size });

export const contentLength = (content: Content): number => (content.kind === 'bytes' ? content.bytes.length : content.length);

/** All bytes of a content. @throws VarveError `SOURCE_CHANGED` if there are fewer than promised or its stamp does not fit */
export function readContent(content: Content): Buffer {
  if (content.kind === 'bytes') return Buffer.from(content.bytes);
  using reader = new RangeReader();
  const bytes = Buffer.allocUnsafe(content.length);
  reader.read(content, bytes);
  return bytes;
}

/** The pieces of a content, in order, each in the same buffer: use a piece before you ask for the next. */
export function* contentPieces(content: Content, reader: RangeReader, buffer: Buffer): Generator<Uint8Array, void, undefined> {
  if (content.kind === 'bytes') {
    yield content.bytes;
    return;
  }
  for (let skip = 0; skip < content.length; skip += buffer.length) {
    const length = Math.min(buffer.length, content.length - skip);
    reader.with(content, (fd) => readFully(fd, content, { into: buffer, at: 0, skip, length }));
    yield buffer.subarray(0, length);
  }
}

/** Longer files are hashed piece by piece, on all cores. */
const PIECE = 8 * 1024 * 1024;
/** What a thread is given at a time: so many bytes or files. */
const BATCH = { bytes: PIECE, files: 200 };
/** As much as this is worth starting a thread. */
const PARALLEL = { bytes: 2 * PIECE, files: 1000 };

/**
 * `sha256:…` of each content, in order; of contents longer than 8 MiB the SHA-256 of the SHA-256 of their pieces of 8 MiB. Works in turns,
 * so that the event loop stays alive.
 * @throws VarveError `SOURCE_CHANGED`
 */
export async function hashContents(
  contents: readonly Content[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly string[]> {
  signal?.throwIfAborted();
  const pieces = contents.map(piecesOf);
  const hashes = await hashAll(
    pieces.flatMap((ranges) => ranges ?? []),
    signal,
  );
  let next = 0;
  return contents.map((content, i) => {
    const found = hashes.slice(next, next + (pieces[i]?.length ?? 0));
    next += found.length;
    if (content.kind === 'bytes') return `sha256:${hash('sha256', content.bytes, 'hex')}`;
    return `sha256:${found.length === 1 ? found[0] : hash('sha256', Buffer.from(found.join(''), 'hex'), 'hex')}`;
  });
}

function piecesOf(content: Content): readonly Range[] | undefined {
  if (content.kind === 'bytes') return undefined;
  if (content.length <= PIECE) return [content];
  return Array.from({ length: Math.ceil(content.length / PIECE) }, (_, i) => ({
    ...content,
    offset: content.offset + i * PIECE,
    length: Math.min(PIECE, content.length - i * PIECE),
  }));
}

async function hashAll(ranges: readonly Range[], signal: AbortSignal | undefined): Promise<readonly string[]> {
  const batches = batchesOf(ranges);
  const bytes = ranges.reduce((sum, { length }) => sum + length, 0);
  if (bytes >= PARALLEL.bytes || ranges.length >= PARALLEL.files) {
    const { hashOnAllCores } = await import('./hash-on-all-cores.ts'); // only now: threads take a while to load
    return (await hashOnAllCores(batches, signal)).flat();
  }
  const pacer = new Pacer(signal);
  const hashes: string[] = [];
  for (const batch of batches) {
    if (pacer.isDue) await pacer.rest();
    hashes.push(...hashRanges(batch));
  }
  return hashes;
}

function batchesOf(ranges: readonly Range[]): readonly (readonly Range[])[] {
  const batches: Range[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const range of ranges) {
    bytes += range.length;
    if (bytes > BATCH.bytes || (batches.at(-1)?.length ?? 0) >= BATCH.files) {
      batches.push([]);
      bytes = range.length;
    }
    batches.at(-1)?.push(range);
  }
  return batches;
}
