import { createHash } from 'node:crypto';
import { type ResumableSource, VarveError } from '@varve/core';
import { decompress, detectCompression, indexTar, type LayerIndex, openLayerReader } from '@varve/core/archive';
import { type Abortable, algorithmOf, asDiffID, type DiffID, type Digest, digestFromHex } from '@varve/core/image';
import type { BlobWriter } from './blob-writer.ts';

/** Bytes by which every compression is recognised. */
const HEAD = 16;

export interface ExpectedLayer extends Abortable {
  readonly mediaType: string;
  readonly digest?: Digest | undefined;
  readonly size?: number | undefined;
  readonly diffId?: DiffID | undefined;
}

export interface IncomingLayer {
  readonly diffId: DiffID;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
  readonly index: LayerIndex;
}

/**
 * Reads a layer once: the bytes go to `writer` as they come, and uncompressed through the hash and the index. Nothing is read ahead of
 * the slowest of them.
 * @throws VarveError `BLOB_MISMATCH`, `TAR_…`, `COMPRESSION_…`
 */
export async function readIncoming(
  source: AsyncIterable<Uint8Array> | ResumableSource,
  { writer, signal, size, diffId: expected }: ExpectedLayer & { readonly writer: BlobWriter },
): Promise<IncomingLayer> {
  const bytes = written({ source, writer, size, signal });
  try {
    const layer = await readLayer(bytes, { writer, expected, size, signal }).catch((failure: unknown) =>
      otherBytes(failure, bytes, writer),
    );
    for (let rest = await bytes.next(); !rest.done; ) rest = await bytes.next(); // what follows a compressed stream is a part of the blob
    if (expected !== undefined && expected !== layer.diffId) throw otherLayer(expected, layer.diffId);
    return layer;
  } finally {
    await bytes.return();
  }
}

interface Writing extends Abortable {
  readonly source: AsyncIterable<Uint8Array> | ResumableSource;
  readonly writer: BlobWriter;
  readonly size: number | undefined;
}

type Bytes = AsyncGenerator<Uint8Array, void, undefined>;

interface Reading extends Abortable {
  readonly writer: BlobWriter;
  readonly expected: DiffID | undefined;
  readonly size: number | undefined;
}

async function readLayer(bytes: Bytes, { writer, expected, size = 0, signal }: Reading): Promise<IncomingLayer> {
  const { head, whole } = await peek(bytes);
  const compression = detectCompression(head);
  const isPlain = compression === 'none';
  using beside = compression === 'gzip' ? openLayerReader(size, algorithmOf(expected)) : undefined;
  if (beside !== undefined) {
    writer.ownsChunks = true; // the other thread gets copies
    for await (const chunk of whole) await beside.update(chunk);
    const { hash, ...layer } = await beside.end();
    return { diffId: asDiffID(digestFromHex(hash)), ...layer };
  }
  // The digest of what was written is known without a second hash where nothing was decompressed.
  const isKnown = isPlain && writer.algorithm === algorithmOf(expected);
  const sum = createHash(algorithmOf(expected));
  const indexer = indexTar(isPlain ? whole : decompress(whole, { signal }));
  for await (const chunk of indexer) if (!isKnown) sum.update(chunk);
  const diffId = asDiffID(isKnown ? await writer.digest() : digestFromHex(sum.digest('hex')));
  return { diffId, size: indexer.size, index: indexer.index };
}

/** What cannot be read may be other bytes than those that were promised: then that is what went wrong. Always throws. */
async function otherBytes(failure: unknown, bytes: Bytes, writer: BlobWriter): Promise<never> {
  if (!VarveError.is(failure) || !/^(?:TAR|COMPRESSION)_/.test(failure.code)) throw failure;
  for (let rest = await bytes.next(); !rest.done; ) rest = await bytes.next();
  await writer.check();
  throw failure;
}

/** What an earlier writer kept runs through hash, decompression and index like everything else: their states are made anew. */
async function* written({ source, writer, size, signal }: Writing): Bytes {
  for await (const chunk of writer.kept()) {
    signal?.throwIfAborted();
    yield chunk;
  }
  if (writer.size > 0 && writer.size >= (size ?? Number.POSITIVE_INFINITY)) return; // all of it, or more: the digest will tell
  for await (const chunk of typeof source === 'function' ? source(writer.size) : source) {
    signal?.throwIfAborted();
    yield chunk;
    await writer.write(chunk); // after others have seen it: then nobody else needs it
  }
}

/** The first bytes of a stream, and the whole stream, which stays open when its reader has enough. */
async function peek(bytes: Bytes): Promise<{ readonly head: Uint8Array; readonly whole: AsyncIterable<Uint8Array> }> {
  const first: Uint8Array[] = [];
  for (let length = 0; length < HEAD; ) {
    const next = await bytes.next();
    if (next.done) break;
    first.push(next.value);
    length += next.value.length;
  }
  const whole = async function* (): Bytes {
    yield* first;
    yield* { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) };
  };
  return { head: Buffer.concat(first).subarray(0, HEAD), whole: whole() };
}

const otherLayer = (expected: DiffID, found: DiffID): VarveError =>
  new VarveError('BLOB_MISMATCH', `Expected a layer whose tar is ${expected}, found ${found}`, {
    hint: 'The image is not what its configuration says. Nothing of the layer was kept.',
  });
