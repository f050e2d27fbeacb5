import { type Content, decompress, type FileEntry, hashContents, indexTar } from '../archive/index.ts';
import { algorithmOf, asDiffID, asLayerID, type CacheKey, composeLayer, digestOf, type Layer, type LayerID } from '../image/index.ts';
import {
  CACHE_STORES,
  type CacheRecord,
  type CacheStore,
  definePlugin,
  FILE_DIGESTS,
  type FileDigests,
  LAYERS,
  type LayerStore,
  VarveError,
} from '../src/index.ts';

/** Keeps layers, and what they are made of, in memory: enough for a kernel whose images nobody reads after the process. */
export class MemoryLayers implements LayerStore {
  readonly #layers = new Map<LayerID, Layer>();

  async get(id: LayerID): Promise<Layer | undefined> {
    return this.#layers.get(id);
  }

  async put(layer: Layer): Promise<Layer> {
    const known = this.#layers.get(layer.id);
    if (known) return known;
    const diffId = asDiffID(await layer.diffId());
    const kept: Layer = { ...composeLayer(layer.id, await layer.index(), await layer.contents()), diffId: async () => diffId };
    this.#layers.set(layer.id, kept).set(asLayerID(diffId), kept);
    return kept;
  }

  async keep(layer: Layer): Promise<Layer> {
    this.#layers.set(layer.id, layer);
    return layer;
  }

  async ingest(...[source, expected]: Parameters<LayerStore['ingest']>): Promise<Layer> {
    const bytes = await gather(typeof source === 'function' ? source(0) : source);
    const digest = digestOf(bytes, algorithmOf(expected.digest));
    const size = expected.size ?? bytes.length;
    if (size !== bytes.length || (expected.digest ?? digest) !== digest)
      throw new VarveError('BLOB_MISMATCH', `Expected ${expected.digest ?? `${size} bytes`}, found ${digest} (${bytes.length} bytes)`);
    const indexer = indexTar(decompress(inPieces(bytes), { signal: expected.signal }));
    const tar = await gather(indexer);
    const diffId = asDiffID(digestOf(tar, algorithmOf(expected.diffId)));
    if ((expected.diffId ?? diffId) !== diffId) throw new VarveError('BLOB_MISMATCH', `Expected ${expected.diffId}, found ${diffId}`);
    const at = ({ offset = 0, size: length }: FileEntry): Content => ({ kind: 'bytes', bytes: tar.subarray(offset, offset + length) });
    const kept: Layer = {
      ...composeLayer(asLayerID(diffId), indexer.index, at),
      stored: { mediaType: expected.mediaType, digest, size },
      tar: () => inPieces(tar),
      size: async () => tar.length,
      diffId: async () => diffId,
    };
    this.#layers.set(kept.id, kept);
    return kept;
  }
}

async function gather(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Buffer.from(chunk)); // whoever sends it may use it again
  return Buffer.concat(chunks);
}
async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** A cache that counts what it is asked. */
export class MemoryCache implements CacheStore {
  readonly name = 'memory';
  readonly records = new Map<CacheKey, CacheRecord>();
  asked = 0;

  async get(key: CacheKey): Promise<CacheRecord | undefined> {
    this.asked++;
    return this.records.get(key);
  }

  async put(record: CacheRecord): Promise<void> {
    this.records.set(record.key, record);
  }

  async siblings(parent: string, kind: string): Promise<readonly CacheRecord[]> {
    return [...this.records.values()].filter((record) => record.parent === parent && record.kind === kind).toReversed();
  }
}

/** Reads every file every time. */
export class MemoryDigests implements FileDigests {
  readonly #remembered = new Map<string, string>();
  readonly read = { files: 0, bytes: 0 };

  async recall(name: string): Promise<string | undefined> {
    return this.#remembered.get(name);
  }

  async remember(name: string, value: string): Promise<void> {
    this.#remembered.set(name, value);
  }

  async digests(files: Parameters<FileDigests['digests']>[0]): Promise<readonly string[]> {
    this.read.files += files.length;
    for (const { stamp } of files) this.read.bytes += stamp.size;
    return await hashContents(
      files.map(({ path, stamp }) => ({ kind: 'range', file: String(path), offset: 0, length: stamp.size, stamp })),
    );
  }
}

/** Stores in memory, as a plugin: what a kernel needs to build without a disk. */
export const memoryStores = ({ layers = new MemoryLayers(), cache = new MemoryCache(), digests = new MemoryDigests() } = {}) =>
  definePlugin({
    name: '@varve/memory-stores',
    core: '^0.1.0',
    apply({ provide, contribute }) {
      provide(LAYERS, [], () => layers);
      provide(FILE_DIGESTS, [], () => digests);
      contribute(CACHE_STORES, [], () => cache);
    },
  });
