import { VarveError } from '@varve/core';
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
} from '@varve/core/image';
import type { BlobStore } from './blob-store.ts';
import type { GarbageStores } from './garbage.ts';
import type { NewImage } from './image-records.ts';
import type { LocalLayerStore } from './layer-store.ts';

/** What images consist of, on disk. */
export class ImageParts {
  readonly #content: BlobStore;
  readonly #layers: LocalLayerStore;

  constructor({ content, layers }: GarbageStores) {
    this.#content = content;
    this.#layers = layers;
  }

  /** Writes everything that the record will stand for. @throws VarveError `IMAGE_INVALID` */
  async store(image: Image, { signal }: Abortable): Promise<NewImage> {
    const sizes: number[] = [];
    const diffIds: DiffID[] = [];
    for (const layer of image.layers) {
      const stored = await this.#layers.put(layer, { signal });
      diffIds.push(await stored.diffId({ signal }));
      sizes.push(await stored.size({ signal }));
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
    const id = await this.write(configBytes, manifest.config, signal);
    await this.write(manifestBytes, descriptor, signal);
    await this.#content.flush([descriptor.digest, id, ...diffIds, ...layers.map(({ stored }) => stored.digest)]);
    return {
      record: { descriptor, id, created: config.created, size: sizes.reduce((sum, size) => sum + size, 0) },
      layers: layers.map(({ diffId, stored }, i) => ({ diffId, digest: stored.digest, size: sizes[i] ?? 0 })),
    };
  }

  async write(bytes: Uint8Array | AsyncIterable<Uint8Array>, { digest, size }: Descriptor, signal?: AbortSignal): Promise<Digest> {
    return (await this.#content.write(bytes, { digest, size, signal })).digest;
  }

  /** Reads lazily. @throws VarveError `BLOB_UNKNOWN` */
  async open({ digest, mediaType }: Descriptor): Promise<Image> {
    const manifestBytes = await this.#content.readAll(digest);
    const manifest = imageManifest(manifestBytes, mediaType);
    const configBytes = await this.#content.readAll(manifest.config.digest);
    const layers = pair(parseConfigFile(configBytes).rootfs.diff_ids, manifest).map(({ diffId, stored }) =>
      this.#layers.layerOf(diffId, stored),
    );
    return foreignImage({ configBytes, manifestBytes, manifestMediaType: mediaType, digest, layers });
  }

  isWhole({ record, layers }: NewImage): boolean {
    return this.has(record.descriptor.digest) && this.has(record.id) && layers.every(({ diffId }) => this.#layers.hasTar(diffId));
  }

  has(digest: Digest): boolean {
    return this.#content.sizeNow(digest) !== undefined;
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

export const invalid = (why: string): VarveError =>
  new VarveError('IMAGE_INVALID', `The image's manifest ${why}`, {
    hint: 'The image is damaged or was put together wrongly: fetch or build it again.',
  });
