import { type ImageRecord, type ImageStore, VarveError } from '@varve/core';
import {
  type Abortable,
  type Descriptor,
  type DiffID,
  type Digest,
  foreignImage,
  type Image,
  type ImageManifest,
  parseConfigFile,
  parseManifest,
  parseReference,
} from '@varve/core/image';
import type { BlobStore } from './blob-store.ts';
import type { Database } from './database.ts';
import { findImage, fullName } from './find-image.ts';
import { Garbage, type GarbageStores } from './garbage.ts';
import { ImageRecords, type NewImage } from './image-records.ts';
import type { LocalLayerStore } from './layer-store.ts';

/** How often an image is stored anew because another process removed a part of it meanwhile. */
const ATTEMPTS = 3;

export class LocalImageStore implements ImageStore {
  readonly #database: Database;
  readonly #content: BlobStore;
  readonly #layers: LocalLayerStore;
  readonly #records: ImageRecords;
  readonly #garbage: Garbage;

  constructor(database: Database, stores: GarbageStores) {
    this.#database = database;
    this.#content = stores.content;
    this.#layers = stores.layers;
    this.#records = new ImageRecords(database);
    this.#garbage = new Garbage(database, stores);
  }

  async put(
    image: Image,
    { names = [], signal }: Abortable & { readonly names?: readonly string[] | undefined } = {},
  ): Promise<ImageRecord> {
    const full = names.map((name) => fullName(parseReference(name)));
    for (let attempt = 1; ; attempt++) {
      const stored = await this.#storeParts(image, { signal });
      signal?.throwIfAborted();
      const record = this.#findWhole(stored, full) ?? this.#database.transaction(() => this.#addWhole(stored, full));
      if (record !== undefined) return record;
      if (attempt === ATTEMPTS)
        throw new VarveError('BLOB_UNKNOWN', `Parts of image ${stored.record.id} were removed while it was stored`, {
          hint: 'Another varve removed them. Build, pull or load the image again.',
        });
    }
  }

  async find(text: string): Promise<ImageRecord | undefined> {
    return findImage(this.#records, text);
  }

  async open({ descriptor }: ImageRecord): Promise<Image> {
    const manifestBytes = await this.#content.readAll(descriptor.digest);
    const manifest = imageManifest(manifestBytes, descriptor.mediaType);
    const configBytes = await this.#content.readAll(manifest.config.digest);
    const layers = pair(parseConfigFile(configBytes).rootfs.diff_ids, manifest).map(({ diffId, stored }) =>
      this.#layers.layerOf(diffId, stored),
    );
    return foreignImage({ configBytes, manifestBytes, manifestMediaType: descriptor.mediaType, layers });
  }

  async tag({ descriptor }: ImageRecord, name: string): Promise<void> {
    const full = fullName(parseReference(name));
    this.#database.transaction(() => {
      if (this.#records.byDigest(descriptor.digest) === undefined)
        throw new VarveError('IMAGE_UNKNOWN', `There is no image ${descriptor.digest} to be called ${full}`, {
          hint: '`varve images` shows those that are here.',
        });
      this.#records.name(descriptor.digest, full);
    });
  }

  async untag(name: string): Promise<boolean> {
    const full = fullName(parseReference(name));
    if (this.#records.byName(full) === undefined) return false;
    return this.#database.transaction(() => this.#records.unname(full));
  }

  async list(): Promise<readonly ImageRecord[]> {
    return this.#records.all();
  }

  async remove({ descriptor, id }: ImageRecord): Promise<{ readonly blobs: readonly Digest[] }> {
    if (this.#records.byDigest(descriptor.digest) === undefined) return { blobs: [] };
    this.#database.transaction(() => {
      const layers = this.#records.remove(descriptor.digest);
      if (layers !== undefined) this.#garbage.add([descriptor.digest, id], layers);
    });
    return { blobs: this.#garbage.collect() };
  }

  /** Everything that the record will stand for, on disk. */
  async #storeParts(image: Image, { signal }: Abortable): Promise<NewImage> {
    let size = 0;
    const diffIds: DiffID[] = [];
    for (const layer of image.layers) {
      const stored = await this.#layers.put(layer, { signal });
      diffIds.push(await stored.diffId({ signal }));
      size += await stored.size({ signal });
    }
    const configBytes = await image.configBytes({ signal });
    const manifestBytes = await image.manifestBytes({ signal });
    const descriptor = await image.descriptor({ signal });
    const manifest = imageManifest(manifestBytes, descriptor.mediaType);
    const config = parseConfigFile(configBytes);
    const layers = pair(config.rootfs.diff_ids, manifest);
    if (layers.length !== diffIds.length || layers.some(({ diffId }, i) => diffId !== diffIds[i]))
      throw invalid(
        `names the layers ${layers.map(({ diffId }) => diffId).join(', ') || '(none)'}, found ${diffIds.join(', ') || '(none)'}`,
      );
    const id = await this.#writePart(configBytes, manifest.config, signal);
    await this.#writePart(manifestBytes, descriptor, signal);
    await this.#content.flush([descriptor.digest, id, ...diffIds, ...layers.map(({ stored }) => stored.digest)]);
    return {
      record: { descriptor, id, created: config.created, size },
      layers: layers.map(({ diffId, stored }) => ({ diffId, digest: stored.digest })),
    };
  }

  async #writePart(bytes: Uint8Array, { digest, size }: Descriptor, signal?: AbortSignal): Promise<Digest> {
    return (await this.#content.write(bytes, { digest, size, signal })).digest;
  }

  /** The record, if there is nothing to add to it: a build that changes nothing writes nothing. */
  #findWhole(image: NewImage, names: readonly string[]): ImageRecord | undefined {
    const known = this.#records.byDigest(image.record.descriptor.digest);
    return known !== undefined && names.every((name) => known.names.includes(name)) && this.#isWhole(image) ? known : undefined;
  }

  /** In a transaction. `undefined`: something is missing that another process removed since it was stored. */
  #addWhole(image: NewImage, names: readonly string[]): ImageRecord | undefined {
    if (!this.#isWhole(image)) return undefined;
    const { digest } = image.record.descriptor;
    this.#records.add(image);
    for (const name of names) this.#records.name(digest, name);
    return this.#records.byDigest(digest);
  }

  #isWhole({ record, layers }: NewImage): boolean {
    const blobs = [record.descriptor.digest, record.id];
    return (
      blobs.every((digest) => this.#content.sizeNow(digest) !== undefined) && layers.every(({ diffId }) => this.#layers.hasTar(diffId))
    );
  }
}

function imageManifest(bytes: Uint8Array, mediaType: string): ImageManifest {
  const manifest = parseManifest(bytes, mediaType);
  if (manifest.kind === 'image') return manifest;
  throw invalid('is an index of several images, expected one image');
}

/** The layers as the config and the manifest name them, bottom first. @throws VarveError `IMAGE_INVALID` */
function pair(diffIds: readonly DiffID[], { layers }: ImageManifest): readonly { readonly diffId: DiffID; readonly stored: Descriptor }[] {
  if (diffIds.length !== layers.length) throw invalid(`has ${layers.length} layers, its configuration names ${diffIds.length}`);
  return diffIds.flatMap((diffId, i) => {
    const stored = layers[i];
    return stored === undefined ? [] : [{ diffId, stored }];
  });
}

const invalid = (why: string): VarveError =>
  new VarveError('IMAGE_INVALID', `The image's manifest ${why}`, {
    hint: 'The image is damaged or was put together wrongly: fetch or build it again.',
  });
