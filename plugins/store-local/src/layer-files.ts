import { statSync } from 'node:fs';
import { VarveError } from '@varve/core';
import { type Content, decompress, type FileEntry, hostPath, indexTar, type LayerIndex, writeTar } from '@varve/core/archive';
import { type Abortable, asLayerID, type Descriptor, type DiffID, type Digest, type LayerID } from '@varve/core/image';
import type { BlobStore } from './blob-store.ts';
import { IndexFiles } from './index-files.ts';
import type { LayerRecord, LayerRecords } from './layer-records.ts';
import { SharedWork } from './shared-work.ts';
import type { StoreRoot } from './store-root.ts';

type ContentOf = (file: FileEntry) => Content;

/** Where the bytes and indexes of layers lie: as a plain tar, as the blob that came from elsewhere, or as files in a directory. */
export class LayerFiles {
  readonly indexes: IndexFiles;
  readonly #content: BlobStore;
  readonly #records: LayerRecords;
  readonly #inflating = new SharedWork<void>();

  constructor(root: StoreRoot, content: BlobStore, records: LayerRecords) {
    this.indexes = new IndexFiles(root);
    this.#content = content;
    this.#records = records;
  }

  /** Whether the tar is here, plain or in a form, whole as far as sizes tell. */
  hasTar(record: LayerRecord): boolean {
    return record.diffId !== undefined && (this.#hasPlain(record) || this.form(record.diffId) !== undefined);
  }

  /** Whether the contents are here in any way. */
  hasContents(record: LayerRecord): boolean {
    return this.hasTar(record) || (this.#hasDirectory(record) && this.indexes.has(indexIdOf(record)));
  }

  /** The blob that holds the layer as it came from elsewhere. */
  form(diffId: DiffID): Descriptor | undefined {
    return this.#records.forms(diffId).find(({ digest, size }) => this.#content.sizeNow(digest) === size);
  }

  async index(record: LayerRecord, options?: Abortable): Promise<LayerIndex> {
    const known = this.indexes.read(indexIdOf(record));
    if (known !== undefined) return known;
    const indexer = indexTar(this.#stored(record, options));
    try {
      for await (const _ of indexer) options?.signal?.throwIfAborted();
    } catch (failure) {
      throw await this.#diagnose(record, failure);
    }
    this.#remember(indexIdOf(record), indexer.index);
    return indexer.index;
  }

  async contents(record: LayerRecord, options?: Abortable): Promise<ContentOf> {
    const { diffId, directory } = record;
    if (diffId !== undefined && !this.#hasPlain(record)) {
      if (directory !== undefined && this.#hasDirectory(record)) return inDirectory(directory);
      await this.#inflating.run(diffId, (signal) => this.#inflate(diffId, signal), options?.signal);
    }
    if (diffId !== undefined) return inTar(this.#content.path(diffId));
    if (directory !== undefined && this.#hasDirectory(record)) return inDirectory(directory);
    throw gone(record);
  }

  async *tar(record: LayerRecord, index: () => Promise<LayerIndex>, options?: Abortable): AsyncGenerator<Uint8Array, void, undefined> {
    if (record.diffId !== undefined && (this.hasTar(record) || !this.#hasDirectory(record))) yield* this.#stored(record, options);
    else yield* writeTar(await index(), await this.contents(record, options), options);
  }

  async *#stored(record: LayerRecord, options?: Abortable): AsyncGenerator<Uint8Array, void, undefined> {
    const digest = this.#blobOf(record);
    const blob = this.#content.read(digest, options);
    try {
      yield* digest === record.diffId ? blob : decompress(blob, options);
    } catch (failure) {
      throw await this.#diagnose(record, failure);
    }
  }

  /** A blob that has not the size it should have is named all the same where there is nothing else: reading it tells what is wrong. */
  #blobOf(record: LayerRecord): Digest {
    const { diffId } = record;
    if (diffId === undefined) throw gone(record);
    if (this.#hasPlain(record)) return diffId;
    return (this.form(diffId) ?? this.#records.forms(diffId)[0])?.digest ?? diffId;
  }

  async #inflate(diffId: DiffID, signal: AbortSignal): Promise<void> {
    const record = { id: asLayerID(diffId), diffId };
    await using writer = this.#content.writer({ digest: diffId });
    await writer.writeAll(this.#stored(record, { signal }), signal);
    await this.#content.keep(writer);
  }

  /** A damaged blob fails first where it is taken apart. Then the blob is read again, to the end, and says itself what is wrong. */
  async #diagnose(record: LayerRecord, failure: unknown): Promise<unknown> {
    if (!VarveError.is(failure) || !/^(?:TAR|COMPRESSION|LAYER)_/.test(failure.code)) return failure;
    try {
      for await (const _ of this.#content.read(this.#blobOf(record)));
      return failure;
    } catch (corrupt) {
      return corrupt;
    }
  }

  /** A store that cannot be written can still be read. */
  #remember(id: LayerID, index: LayerIndex): void {
    try {
      this.indexes.write(id, index);
    } catch (failure) {
      if (!VarveError.is(failure) || failure.code !== 'STORE_READONLY') throw failure;
    }
  }

  #hasPlain({ diffId, size }: LayerRecord): boolean {
    if (diffId === undefined) return false;
    const found = this.#content.sizeNow(diffId);
    return found !== undefined && found === (size ?? found);
  }

  #hasDirectory({ directory }: LayerRecord): boolean {
    return directory !== undefined && statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  }
}

/** One tar has one index, whatever the ids it is known by. */
export const indexIdOf = ({ id, diffId }: LayerRecord): LayerID => (diffId === undefined ? id : asLayerID(diffId));

const inDirectory =
  (directory: string): ContentOf =>
  (file) => ({ kind: 'range', file: hostPath(directory, file.path), offset: 0, length: file.size });

const inTar =
  (tar: string): ContentOf =>
  (file) => {
    if (file.offset === undefined) throw new TypeError(`"${file.path}" has no offset: it is no entry of this layer's own index`);
    return { kind: 'range', file: tar, offset: file.offset, length: file.size };
  };

const gone = ({ id, directory }: LayerRecord): VarveError =>
  new VarveError(
    'BLOB_UNKNOWN',
    `The contents of layer ${id} are not here any more${directory === undefined ? '' : `: ${directory} is gone`}`,
    { hint: 'Pull, load or build the image that needs it again.' },
  );
