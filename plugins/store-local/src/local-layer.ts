import { type Content, type FileEntry, type LayerIndex, tarSize } from '@varve/core/archive';
import type { Abortable, Descriptor, DiffID, Layer, LayerID } from '@varve/core/image';
import type { LayerFiles } from './layer-files.ts';
import type { LayerRecord } from './layer-records.ts';

export interface LocalLayerParts {
  readonly record: LayerRecord;
  readonly stored?: Descriptor | undefined;
  /** Where it is at hand already. */
  readonly index?: LayerIndex | undefined;
  readonly files: LayerFiles;
  /** Makes the tar of a layer that has only a directory. */
  readonly makeTar: (layer: Layer, options?: Abortable) => Promise<Layer>;
}

/** A layer of this store: nothing of it is read before somebody asks. */
export class LocalLayer implements Layer {
  readonly record: LayerRecord;
  readonly stored?: Descriptor | undefined;
  readonly files: LayerFiles;
  readonly #makeTar: LocalLayerParts['makeTar'];
  #index: Promise<LayerIndex> | undefined;
  #diffId: Promise<DiffID> | undefined;

  constructor({ record, stored, index, files, makeTar }: LocalLayerParts) {
    this.record = record;
    this.stored = stored;
    this.files = files;
    this.#makeTar = makeTar;
    this.#index = index === undefined ? undefined : Promise.resolve(index);
  }

  get id(): LayerID {
    return this.record.id;
  }

  index(options?: Abortable): Promise<LayerIndex> {
    this.#index ??= this.files.index(this.record, options).catch((failure: unknown) => {
      this.#index = undefined;
      throw failure;
    });
    return this.#index;
  }

  contents(options?: Abortable): Promise<(file: FileEntry) => Content> {
    return this.files.contents(this.record, options);
  }

  async *tar(options?: Abortable): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.files.tar(this.record, () => this.index(options), options);
  }

  async diffId(options?: Abortable): Promise<DiffID> {
    if (this.record.diffId !== undefined) return this.record.diffId;
    this.#diffId ??= this.#makeTar(this, options)
      .then((layer) => layer.diffId())
      .catch((failure: unknown) => {
        this.#diffId = undefined;
        throw failure;
      });
    return await this.#diffId;
  }

  async size(options?: Abortable): Promise<number> {
    return this.record.size ?? tarSize(await this.index(options));
  }
}
