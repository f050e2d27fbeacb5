import { createHash, hash } from 'node:crypto';
import type { Content, FileEntry } from './entry.ts';
import { Pacer } from './pacer.ts';
import { hostPath } from './paths.ts';
import { type Range, RangeReader, readFully } from './range-reader.ts';

const CHUNK = 1024 * 1024;

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

/** `sha256:…` of each content, in order. Works in turns, so that the event loop stays alive. @throws VarveError `SOURCE_CHANGED` */
export async function hashContents(
  contents: readonly Content[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly string[]> {
  const pacer = new Pacer(signal);
  const longest = contents.reduce((most, content) => Math.max(most, contentLength(content)), 0);
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, longest));
  const digests: string[] = [];
  using reader = new RangeReader();
  for (const content of contents) {
    if (pacer.isDue) await pacer.rest();
    if (content.kind === 'bytes') digests.push(`sha256:${hash('sha256', content.bytes, 'hex')}`);
    else if (content.length <= CHUNK) digests.push(`sha256:${hashSmall(content, reader, buffer)}`);
    else digests.push(`sha256:${await hashLarge(content, { reader, buffer, pacer })}`);
  }
  return digests;
}

function hashSmall(range: Range, reader: RangeReader, buffer: Buffer): string {
  const bytes = buffer.subarray(0, range.length);
  reader.read(range, bytes);
  return hash('sha256', bytes, 'hex');
}

async function hashLarge(range: Range, { reader, buffer, pacer }: { reader: RangeReader; buffer: Buffer; pacer: Pacer }): Promise<string> {
  const sum = createHash('sha256');
  for (const piece of contentPieces(range, reader, buffer)) {
    sum.update(piece);
    if (pacer.isDue) await pacer.rest();
  }
  return sum.digest('hex');
}
