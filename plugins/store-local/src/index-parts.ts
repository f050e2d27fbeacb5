import {
  type Abortable,
  type Descriptor,
  type Digest,
  foreignIndex,
  type ImageIndex,
  type IndexArtifact,
  type IndexEntry,
  type IndexImage,
  indexArtifact,
  isIndexType,
  type Platform,
  parseManifest,
} from '@varve/core/image';
import type { BlobStore } from './blob-store.ts';
import type { GarbageStores } from './garbage.ts';
import { ImageParts, invalid } from './image-parts.ts';
import type { NewEntry, NewImage, NewIndex } from './image-records.ts';

/** What an index consists of, on disk: its images, and artifacts whose blobs nobody here understands. */
export class IndexParts {
  readonly #content: BlobStore;
  readonly #images: ImageParts;

  constructor(stores: GarbageStores) {
    this.#content = stores.content;
    this.#images = new ImageParts(stores);
  }

  /** Writes everything that the record will stand for. @throws VarveError `IMAGE_INVALID` */
  async store(index: ImageIndex, { signal }: Abortable): Promise<NewIndex> {
    const images: NewImage[] = [];
    const entries: NewEntry[] = [];
    const descriptor = await this.#storeEach(index, { images, entries, signal });
    const times = images.flatMap(({ record }) => record.created ?? []).sort();
    await this.#content.flush([descriptor.digest, ...entries.map(({ digest }) => digest)]);
    return {
      record: { descriptor, id: descriptor.digest, created: times.at(-1), size: sizeOf(images) },
      images,
      entries,
    };
  }

  /** What the index names, then the index; those in it as well. */
  async #storeEach(index: ImageIndex, into: Storing): Promise<Descriptor> {
    const { images, entries, signal } = into;
    const named: Digest[] = [];
    for (const entry of index.entries) {
      if (entry.kind === 'image') {
        const { image, platform } = await this.#storeImage(entry, signal);
        images.push(image);
        entries.push({ kind: 'image', digest: image.record.descriptor.digest, platform });
        named.push(image.record.descriptor.digest);
      } else {
        const digest = entry.kind === 'index' ? (await this.#storeEach(entry.index, into)).digest : await this.#storeArtifact(entry, into);
        entries.push({ kind: 'artifact', digest });
        named.push(digest);
      }
    }
    const indexBytes = await index.indexBytes({ signal });
    const descriptor = await index.descriptor({ signal });
    checkNamed(indexBytes, descriptor, named);
    await this.#images.write(indexBytes, descriptor, signal);
    return descriptor;
  }

  isWhole({ record, images, entries }: NewIndex): boolean {
    const blobs = [record.descriptor.digest, ...entries.map(({ digest }) => digest)];
    return images.every((image) => this.#images.isWhole(image)) && blobs.every((digest) => this.#images.has(digest));
  }

  /** @param isImage whether an entry of the index is kept as an image */
  async open({ digest, mediaType }: Descriptor, isImage: (digest: Digest) => boolean): Promise<ImageIndex> {
    const indexBytes = await this.#content.readAll(digest);
    const manifest = parseManifest(indexBytes, mediaType);
    if (manifest.kind !== 'index') throw invalid('is that of one image, expected an index');
    const entries: IndexEntry[] = [];
    for (const each of manifest.manifests) {
      if (isImage(each.digest)) entries.push(this.#image(each));
      else if (!isIndexType(each.mediaType)) entries.push(this.#artifact(each));
      else entries.push({ kind: 'index', descriptor: async () => each, index: await this.open(each, isImage) });
    }
    return foreignIndex({ indexBytes, mediaType, digest, entries });
  }

  #image(descriptor: Descriptor): IndexEntry {
    return {
      kind: 'image',
      platform: descriptor.platform,
      descriptor: async () => descriptor,
      image: () => this.#images.open(descriptor),
    };
  }

  #artifact(descriptor: Descriptor): IndexEntry {
    return indexArtifact({
      descriptor,
      manifestBytes: () => this.#content.readAll(descriptor.digest),
      read: ({ digest }, options) => this.#content.read(digest, options),
    });
  }

  async #storeImage(
    entry: IndexImage,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly image: NewImage; readonly platform: Platform }> {
    const image = await entry.image({ signal });
    const { os, architecture, variant } = entry.platform ?? image.config;
    return {
      image: await this.#images.store(image, { signal }),
      platform: { os, architecture, ...(variant !== undefined && { variant }) },
    };
  }

  async #storeArtifact(entry: IndexArtifact, { entries, signal }: Storing): Promise<Digest> {
    const descriptor = await entry.descriptor({ signal });
    for (const blob of await entry.blobs({ signal }))
      entries.push({ kind: 'blob', digest: await this.#images.write(blob.read({ signal }), blob.descriptor, signal) });
    return await this.#images.write(await entry.manifestBytes({ signal }), descriptor, signal);
  }
}

/** What was stored so far. */
interface Storing extends Abortable {
  readonly images: NewImage[];
  readonly entries: NewEntry[];
}

/** Layers that several images share count once. */
function sizeOf(images: readonly NewImage[]): number {
  const sizes = new Map(images.flatMap((image) => image.layers.map(({ diffId, size }) => [diffId, size])));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** The index says what its entries are: a name that led to something else would be found out by the next tool only. */
function checkNamed(bytes: Uint8Array, { mediaType }: Descriptor, stored: readonly Digest[]): void {
  const manifest = parseManifest(bytes, mediaType);
  const isStored = ({ digest }: Descriptor, i: number): boolean => digest === stored[i];
  if (manifest.kind === 'index' && manifest.manifests.length === stored.length && manifest.manifests.every(isStored)) return;
  throw invalid(`names other images than ${stored.join(', ') || '(none)'}`);
}
