import { VarveError } from '@varve/core';
import { decompress, detectCompression } from '@varve/core/archive';
import type { TemporaryPlaces } from './temporary-places.ts';
import { unpackContext } from './unpack-context.ts';

/** Bytes of a build file; more than that is something else. */
const TEXT_LIMIT = 16 << 20;
/** Bytes of the files of an archive that was fetched: one that grows without end must not fill the disk. */
const UNPACKED_LIMIT = 64 * 2 ** 30;
/** Of a tar. */
const HEADER = 512;

/** What a stream is: a tar, compressed or not, is a context; anything else a build file. */
export type StreamedContext =
  | { readonly text: string }
  | { readonly directory: string /** Seconds since 1970, of the whole. */; readonly time?: number | undefined };

interface Streaming {
  readonly places: TemporaryPlaces;
  readonly signal: AbortSignal;
}

/** @throws VarveError `SOURCE_TOO_LARGE`, `CONTEXT_TOO_LARGE`, `TAR_…`, `COMPRESSION_…` */
export async function readStream(stream: AsyncIterable<Uint8Array>, { places, signal }: Streaming): Promise<StreamedContext> {
  const { head, all } = await peek(stream, HEADER);
  if (!isArchive(head)) return { text: await readText(all) };
  return await unpackContext(limited(decompress(all, { signal })), places.make(), signal);
}

/** A build file. @throws VarveError `SOURCE_TOO_LARGE` */
export async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > TEXT_LIMIT)
      throw new VarveError('SOURCE_TOO_LARGE', `Expected a build file or a tar, found more than ${TEXT_LIMIT} bytes of text`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* limited(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of tar) {
    size += chunk.length;
    if (size > UNPACKED_LIMIT)
      throw new VarveError('CONTEXT_TOO_LARGE', `The archive has more than ${UNPACKED_LIMIT} bytes when it is unpacked`);
    yield chunk;
  }
}

const isArchive = (head: Buffer): boolean => detectCompression(head) !== 'none' || isTarHeader(head);

/** By its checksum, which archives older than POSIX have too; one without members begins with zeros. */
function isTarHeader(head: Buffer): boolean {
  if (head.length < HEADER) return false;
  const stored = /^ *0*([0-7]*)/.exec(head.toString('latin1', 148, 156))?.[1] ?? '';
  const sum = head.subarray(0, HEADER).reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  return sum === 8 * 0x20 || Number.parseInt(stored, 8) === sum;
}

/** The beginning of a stream, and the whole stream all the same. */
async function peek(
  stream: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly all: AsyncIterable<Uint8Array> }> {
  const chunks = stream[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (head.length > 0) yield head;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }
  return { head, all: all() };
}
