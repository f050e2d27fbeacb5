import { createReadStream } from 'node:fs';
import { type LayerStore, VarveError } from '@varve/core';
import { decompress, readTar, type TarMember } from '@varve/core/archive';
import { type Abortable, algorithmOf, digestOf, type Layer, MEDIA_TYPES } from '@varve/core/image';
import { checkLayer, lazyBlob } from './check-layer.ts';
import { claimedDigest, ingestBlob, type LayerBlob, layerCompression, SNIFF_BYTES } from './layer-blob.ts';
import { LinkTable } from './link-table.ts';
import { type ExpectedLayer, type Members, TEXT_LIMIT } from './members.ts';

export interface StreamOptions extends Abortable {
  readonly name: string;
  readonly layers: LayerStore;
  /** The plain tar that the stream comes from: layers are then found in it again, and only those that somebody reads are taken in. */
  readonly file?: string | undefined;
}

/** Bytes of all small members together. */
const TEXTS_LIMIT = 128 * 1024 * 1024;

type Found =
  | { readonly kind: 'text'; readonly bytes: Uint8Array }
  | { readonly kind: 'layer'; readonly layer: Layer; readonly size: number }
  | { readonly kind: 'blob'; readonly blob: LayerBlob }
  /** No use to anybody, unless an image names it. */
  | { readonly kind: 'unfit'; readonly failure: unknown };

/**
 * Reads an archive in one pass, compressed or not, in whatever order its members come: a pipe cannot go back. Layers go straight into the
 * store, hashed and indexed while they pass; small members are held until it is known what they are.
 * @throws VarveError `TAR_…`, `COMPRESSION_…`, `BLOB_MISMATCH`, `ARCHIVE_LIMIT`
 */
export async function readMembers(source: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<Members> {
  const found = new Map<string, Found>();
  const links = new LinkTable();
  let held = 0;
  let members = 0;
  const read = readTar(decompress(source, { signal: options.signal }), async (member) => {
    options.signal?.throwIfAborted();
    members++;
    if (member.type === 'symlink' || member.type === 'hardlink') links.add({ ...member, type: member.type });
    if (member.type !== 'file') return;
    const taken = await take(member, options);
    if (taken.kind === 'text') held += taken.bytes.length;
    if (held > TEXTS_LIMIT) throw new VarveError('ARCHIVE_LIMIT', `${options.name} has too many small members`);
    found.set(member.path, taken);
  });
  await read.catch((cause: unknown) => {
    const isNoTar = members === 0 && VarveError.is(cause) && cause.code.startsWith('TAR_');
    throw isNoTar ? new VarveError('ARCHIVE_INVALID', `Expected an image archive, found no tar in ${options.name}`, { cause }) : cause;
  });
  const at = (path: string) => found.get(links.resolve(path));
  return {
    name: options.name,
    has: async (path) => at(path) !== undefined,
    async text(path) {
      const member = at(path);
      if (member?.kind === 'unfit') throw member.failure;
      return member?.kind === 'text' ? member.bytes : undefined;
    },
    layer: async (path, expected) => await layerOf(at(path), { path, expected, options }),
  };
}

async function take(member: TarMember, options: StreamOptions): Promise<Found> {
  const { path, size } = member;
  const body = new WatchedBody(member.body);
  const compression = layerCompression(await body.head());
  if (compression === undefined) return await takeText(path, size, body);
  const { file } = options;
  if (file !== undefined) {
    const range = { start: member.offset, end: member.offset + size - 1, highWaterMark: 1 << 18 };
    return { kind: 'blob', blob: { path, size, compression, read: () => createReadStream(file, range) } };
  }
  const blob = { path, size, compression, read: () => body };
  try {
    const expected = { digest: claimedDigest(path), signal: options.signal };
    return { kind: 'layer', size, layer: await ingestBlob(blob, options.layers, expected) };
  } catch (failure) {
    if (body.failure !== undefined) throw body.failure.cause; // the archive itself broke off
    if (!isUnfit(failure)) throw failure;
    return { kind: 'unfit', failure };
  }
}

/** Something compressed that is no layer: an error once an image names it. */
const isUnfit = (failure: unknown): boolean =>
  VarveError.is(failure) && /^(?:TAR|LAYER|COMPRESSION|ARCHIVE)_/.test(failure.code) && failure.code !== 'COMPRESSION_UNAVAILABLE';

async function takeText(path: string, size: number, body: AsyncIterable<Uint8Array>): Promise<Found> {
  if (size > TEXT_LIMIT)
    return {
      kind: 'unfit',
      failure: new VarveError(
        'ARCHIVE_INVALID',
        `Expected a layer or at most ${TEXT_LIMIT} bytes of JSON in ${path}, found ${size} bytes of something else`,
      ),
    };
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
  const bytes = Buffer.concat(chunks);
  const claimed = claimedDigest(path);
  const found = digestOf(bytes, algorithmOf(claimed));
  if (claimed !== undefined && claimed !== found) throw new VarveError('BLOB_MISMATCH', `Expected ${claimed} in ${path}, found ${found}`);
  return { kind: 'text', bytes };
}

async function layerOf(
  member: Found | undefined,
  { path, expected, options }: { readonly path: string; readonly expected: ExpectedLayer; readonly options: StreamOptions },
): Promise<Layer> {
  switch (member?.kind) {
    case 'layer':
      return await checkLayer(await renamed(member.layer, expected, options), { path, size: member.size, expected });
    case 'blob':
      return await lazyBlob(member.blob, { expected, layers: options.layers });
    case 'unfit':
      throw member.failure;
    case 'text':
      throw new VarveError('ARCHIVE_INVALID', `Expected a layer in ${path}, found ${member.bytes.length} bytes that are no tar`);
    case undefined:
      throw new VarveError('ARCHIVE_INVALID', `${options.name} lacks the layer ${path}`);
  }
}

/** A configuration that calls layers by another hash came after the layer: only now is it known that it is to be hashed so. */
async function renamed(layer: Layer, { diffId }: ExpectedLayer, { layers, signal }: StreamOptions): Promise<Layer> {
  if (algorithmOf(await layer.diffId({ signal })) === algorithmOf(diffId)) return layer;
  return await layers.ingest(layer.tar({ signal }), { mediaType: MEDIA_TYPES.layer, diffId, signal });
}

/** A member's bytes, to be read once, of which the first may be looked at before. Remembers whether reading them failed. */
class WatchedBody implements AsyncIterable<Uint8Array> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #first: Uint8Array[] = [];
  failure: { readonly cause: unknown } | undefined;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#iterator = body[Symbol.asyncIterator]();
  }

  async head(): Promise<Uint8Array> {
    let length = 0;
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
      this.#first.push(chunk);
      length += chunk.length;
      if (length >= SNIFF_BYTES) break;
    }
    const [only, ...others] = this.#first;
    const bytes = only !== undefined && others.length === 0 ? only : Buffer.concat(this.#first);
    return bytes.subarray(0, SNIFF_BYTES);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#first;
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#iterator.next();
      return done === true ? undefined : value;
    } catch (cause) {
      this.failure = { cause };
      throw cause;
    }
  }
}
