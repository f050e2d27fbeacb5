import { type LayerStore, type ResumableSource, VarveError } from '@varve/core';
import { contentSize, indexTar, type LayerIndex, withOffsets } from '@varve/core/archive';
import {
  type Abortable,
  asDiffID,
  asLayerID,
  type Descriptor,
  type DiffID,
  type Digest,
  type Layer,
  type LayerID,
} from '@varve/core/image';
import { lockPart } from './blob-part.ts';
import type { BlobStore } from './blob-store.ts';
import type { BlobWriter } from './blob-writer.ts';
import { type ExpectedLayer, readIncoming } from './incoming-layer.ts';
import { indexIdOf, LayerFiles } from './layer-files.ts';
import type { LayerRecord, LayerRecords } from './layer-records.ts';
import { LocalLayer } from './local-layer.ts';
import { SharedWork } from './shared-work.ts';
import type { StoreRoot } from './store-root.ts';

export class LocalLayerStore implements LayerStore {
  readonly #root: StoreRoot;
  readonly #content: BlobStore;
  readonly #records: LayerRecords;
  readonly #files: LayerFiles;
  readonly #putting = new SharedWork<Layer>();

  constructor(root: StoreRoot, { content, records }: { readonly content: BlobStore; readonly records: LayerRecords }) {
    this.#root = root;
    this.#content = content;
    this.#records = records;
    this.#files = new LayerFiles(root, content, records);
  }

  async get(id: LayerID): Promise<Layer | undefined> {
    await this.#root.use.share();
    const record = this.#records.get(id);
    if (record === undefined || !this.#files.hasContents(record)) return undefined;
    return this.#layer({ record, stored: this.#storedOf(record) });
  }

  async put(layer: Layer, { signal }: Abortable = {}): Promise<Layer> {
    signal?.throwIfAborted();
    return this.#find(layer) ?? (await this.#putting.run(layer.id, (shared) => this.#bring(layer, shared), signal));
  }

  async keep(layer: Layer, directory: string): Promise<Layer> {
    const known = layer instanceof LocalLayer ? layer.record : this.#records.get(layer.id);
    const isSame = layer instanceof LocalLayer || known?.directory === directory;
    const record = { id: layer.id, ...(isSame && { diffId: known?.diffId, size: known?.size }), directory };
    const index = await layer.index();
    if (record.diffId === undefined) this.#files.indexes.write(layer.id, index);
    this.#records.setDirectory(record);
    return this.#layer({ record, stored: layer.stored, index });
  }

  async ingest(source: AsyncIterable<Uint8Array> | ResumableSource, expected: ExpectedLayer): Promise<Layer> {
    const { digest } = expected;
    if (typeof source === 'function' && digest !== undefined) return await this.#fetch(source, { ...expected, digest });
    await using writer = this.#content.writer(expected);
    return await this.#takeIn(typeof source === 'function' ? source(0) : source, { ...expected, writer });
  }

  /** One process at a time; whoever waited finds what the other brought. Of a part that turns out to be wrong nothing is used. */
  async #fetch(source: ResumableSource, expected: ExpectedLayer & { readonly digest: Digest }): Promise<Layer> {
    this.#root.ensure();
    await using part = await lockPart(this.#root, expected.digest, expected.signal);
    const here = this.#brought(expected);
    if (here !== undefined) {
      part.isDone = true;
      return here;
    }
    for (let isFirst = true; ; isFirst = false) {
      await using writer = this.#content.writer(expected, part.file);
      try {
        const layer = await this.#takeIn(source, { ...expected, writer });
        part.isDone = true;
        return layer;
      } catch (failure) {
        if (!isDamage(failure)) throw failure;
        writer.spoil();
        if (!isFirst || writer.resumed === 0) throw failure;
      }
    }
  }

  /** The layer that this blob is, where it came in before. */
  #brought({ digest, size, diffId, mediaType }: ExpectedLayer & { readonly digest: Digest }): Layer | undefined {
    const there = this.#content.sizeNow(digest);
    if (there === undefined || there !== (size ?? there)) return undefined;
    const stored: Descriptor = { mediaType, digest, size: there };
    const known = this.#records.layerOf(stored);
    const record = known === undefined || known !== (diffId ?? known) ? undefined : this.#records.get(asLayerID(known));
    return record === undefined ? undefined : this.#layer({ record, stored });
  }

  async #takeIn(source: Parameters<typeof readIncoming>[0], expected: ExpectedLayer & { readonly writer: BlobWriter }): Promise<Layer> {
    const { mediaType, writer } = expected;
    const { diffId, size, index } = await readIncoming(source, expected);
    const digest = await this.#content.keep(writer);
    const record: LayerRecord = { id: asLayerID(diffId), diffId, size };
    const stored: Descriptor = { mediaType, digest, size: writer.size };
    this.#files.indexes.write(record.id, index);
    this.#records.setTar({ id: record.id, diffId, size }, stored);
    return this.#layer({ record, stored, index });
  }

  /** A layer of an image: named by its manifest, and readable as long as its contents are here. */
  layerOf(diffId: DiffID, descriptor: Descriptor): Layer {
    const record = this.#records.byDiffId(diffId) ?? { id: asLayerID(diffId), diffId };
    const isStored = this.#content.sizeNow(descriptor.digest) !== undefined;
    return this.#layer({ record, stored: isStored ? descriptor : undefined });
  }

  /** Whether the tar of a layer is here in any form; at once, for use in a transaction. */
  hasTar(diffId: DiffID): boolean {
    const id = asLayerID(diffId);
    return this.#files.hasTar(this.#records.byDiffId(diffId) ?? { id, diffId });
  }

  /** The blobs that hold a layer. */
  blobsOf(diffId: DiffID): readonly Descriptor['digest'][] {
    return [...new Set([diffId, ...this.#records.forms(diffId).map(({ digest }) => digest)])];
  }

  removeIndex(id: LayerID): void {
    this.#files.indexes.remove(id);
  }

  #layer(parts: { record: LayerRecord; stored?: Descriptor | undefined; index?: LayerIndex }): LocalLayer {
    return new LocalLayer({ ...parts, files: this.#files, makeTar: (layer, options) => this.put(layer, options) });
  }

  /** A step's layer is its canonical tar, also where the same tar happens to have come from elsewhere in some form. */
  #storedOf({ id, diffId }: LayerRecord): Descriptor | undefined {
    return diffId !== undefined && id === asLayerID(diffId) ? this.#files.form(diffId) : undefined;
  }

  /**
   * The layer as it is here already. An id that is a step's key is no proof: the step may have been run again, with another result. Only
   * a diffID, the digest of a stored form, and this store's own layers are.
   */
  #find(layer: Layer): Layer | undefined {
    if (layer instanceof LocalLayer && layer.files === this.#files) return this.#findOwn(layer);
    const { id, stored } = layer;
    const isStored = stored !== undefined && this.#content.sizeNow(stored.digest) === stored.size;
    const own = this.#records.get(id);
    if (own?.diffId !== undefined && own.id === asLayerID(own.diffId) && this.#files.hasTar(own))
      return this.#layer({ record: own, stored: isStored ? stored : this.#storedOf(own) });
    const diffId = isStored ? this.#records.layerOf(stored) : undefined;
    const known = diffId === undefined ? undefined : this.#records.byDiffId(diffId);
    if (diffId === undefined || known === undefined) return undefined;
    this.#records.setTar({ id, diffId, size: known.size });
    return this.#layer({ record: { ...known, id }, stored });
  }

  #findOwn(layer: LocalLayer): Layer | undefined {
    if (this.#files.hasTar(layer.record)) return layer;
    const record = this.#records.get(layer.id);
    const isSame = record?.directory !== undefined && record.directory === layer.record.directory;
    return isSame && this.#files.hasTar(record) ? this.#layer({ record }) : undefined;
  }

  /** A layer that comes from elsewhere brings itself in, in the form that it has there, when it is first read. */
  async #bring(layer: Layer, signal: AbortSignal): Promise<Layer> {
    if (layer.stored === undefined) return await this.#write(layer, signal);
    await layer.index({ signal });
    return this.#find(layer) ?? (await this.#write(layer, signal));
  }

  async #write(layer: Layer, signal: AbortSignal): Promise<Layer> {
    const { tar, about, index, expected } = await readOnce(layer, signal);
    await using writer = this.#content.writer({ digest: expected, about, ownsChunks: about !== undefined });
    await writer.writeAll(tar, signal);
    const diffId = asDiffID(await this.#content.keep(writer));
    const { directory } = this.#records.get(layer.id) ?? {};
    const record = { id: layer.id, diffId, size: writer.size, directory };
    const whole = index();
    this.#files.indexes.write(indexIdOf(record), whole);
    this.#records.setTar(record);
    return this.#layer({ record, index: whole });
  }
}

/** The bytes are not what they should be, in whatever way that shows. */
const isDamage = (failure: unknown): boolean =>
  VarveError.is(failure) && /^(?:BLOB_MISMATCH$|TAR_|COMPRESSION_CORRUPT$)/.test(failure.code);

interface Reading {
  readonly tar: AsyncIterable<Uint8Array>;
  /** Bytes of its files, where that is known before. */
  readonly about?: number;
  readonly expected?: DiffID;
  /** After the tar was read. */
  readonly index: () => LayerIndex;
}

/** The tar of a layer that was made here follows from its index, and so do the offsets; one from elsewhere is indexed as it passes. */
async function readOnce(layer: Layer, signal: AbortSignal): Promise<Reading> {
  if (layer.stored !== undefined) {
    const tar = indexTar(layer.tar({ signal }));
    return { tar, index: () => tar.index, expected: await layer.diffId({ signal }) };
  }
  const index = await layer.index({ signal });
  return { tar: layer.tar({ signal }), about: contentSize(index), index: () => withOffsets(index) };
}
