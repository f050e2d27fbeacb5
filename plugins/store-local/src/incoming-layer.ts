import { createHash } from 'node:crypto';
import { VarveError } from '@varve/core';
import { decompress, detectCompression, indexTar, type LayerIndex } from '@varve/core/archive';
import { type Abortable, asDiffID, type DiffID, type Digest, digestFromHex } from '@varve/core/image';
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
  source: AsyncIterable<Uint8Array>,
  { writer, signal, diffId: expected }: ExpectedLayer & { readonly writer: BlobWriter },
): Promise<IncomingLayer> {
  const { head, bytes } = await peek(written(source, writer, signal));
  const isPlain = detectCompression(head) === 'none';
  const sha = createHash('sha256');
  const indexer = indexTar(isPlain ? bytes : decompress(bytes, { signal }));
  for await (const chunk of indexer) if (!isPlain) sha.update(chunk);
  const diffId = asDiffID(isPlain ? writer.digest : digestFromHex(sha.digest('hex')));
  if (expected !== undefined && expected !== diffId)
    throw new VarveError('BLOB_MISMATCH', `Expected a layer whose tar is ${expected}, found ${diffId}`, {
      hint: 'The image is not what its configuration says. Nothing of the layer was kept.',
    });
  return { diffId, size: indexer.size, index: indexer.index };
}

async function* written(
  source: AsyncIterable<Uint8Array>,
  writer: BlobWriter,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    await writer.write(chunk);
    yield chunk;
  }
}

/** The first bytes of a stream, and the whole stream. */
async function peek(
  source: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<{ readonly head: Uint8Array; readonly bytes: AsyncIterable<Uint8Array> }> {
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < HEAD) {
    const next = await source.next();
    if (next.done) break;
    first.push(next.value);
    length += next.value.length;
  }
  async function* whole(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* first;
      yield* source;
    } finally {
      await source.return();
    }
  }
  return { head: Buffer.concat(first).subarray(0, HEAD), bytes: whole() };
}
