import { type ContentStore, type LayerStore, VarveError } from '@varve/core';
import {
  type Abortable,
  type Descriptor,
  type DiffID,
  type Digest,
  descriptorOf,
  type Image,
  type ImageIndex,
  type IndexArtifact,
  type Layer,
  MEDIA_TYPES,
  parseManifest,
  serializeManifest,
} from '@varve/core/image';

/** An image, or an index of several, and the full names under which it is to be known (`docker.io/library/busybox:1.36`); none: by its ID alone. */
export interface NamedImage {
  /** Of an index the image that readers see who know of one only. */
  readonly image: Image;
  readonly index?: ImageIndex | undefined;
  readonly names: readonly string[];
  /** What index.json calls an image without names: a tag of no repository, as skopeo's `oci:dir:tag` has it. */
  readonly tag?: string | undefined;
}

/** Where layers and blobs lie while images are written. */
export interface BlobStores {
  readonly content: ContentStore;
  readonly layers: LayerStore;
}

export interface Blob {
  readonly digest: Digest;
  readonly size: number;
  read(): AsyncIterable<Uint8Array> | Uint8Array;
}
export interface GatheredImage {
  readonly names: readonly string[];
  readonly tag?: string | undefined;
  /** Of the index where there is one. */
  readonly descriptor: Descriptor;
  readonly config: Digest;
  readonly layers: readonly { readonly diffId: DiffID; readonly descriptor: Descriptor }[];
}
export interface Gathered {
  /** In the order given; each manifest once. */
  readonly images: readonly GatheredImage[];
  /** Each blob once, in the order of their digests. */
  readonly blobs: readonly Blob[];
}

/**
 * Everything that an archive of these images holds. Layers that have no tar yet get one in the store; the contents are read later, when
 * somebody iterates a blob, and verified then.
 * @throws VarveError `IMAGE_INVALID`, `BLOB_UNKNOWN`, `BLOB_CORRUPT`
 */
export async function gatherImages(named: readonly NamedImage[], stores: BlobStores, options: Abortable = {}): Promise<Gathered> {
  const images = new Map<Digest, GatheredImage>();
  const blobs = new Map<Digest, Blob>();
  for (const { image, index, names, tag } of named) {
    const work = { stores, blobs, options };
    const single = await gather(image, work);
    const gathered = index === undefined ? single : { ...single, descriptor: await gatherIndex(index, work) };
    const before = images.get(gathered.descriptor.digest);
    images.set(gathered.descriptor.digest, {
      ...gathered,
      tag: tag ?? before?.tag,
      names: [...new Set([...(before?.names ?? []), ...names])],
    });
  }
  return { images: [...images.values()], blobs: [...blobs.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1)) };
}

interface Work {
  readonly stores: BlobStores;
  readonly blobs: Map<Digest, Blob>;
  readonly options: Abortable;
}

/** All that an index names. What was attested of an image that has another manifest here is left out. */
async function gatherIndex(index: ImageIndex, work: Work): Promise<Descriptor> {
  const { blobs, options } = work;
  const moved = new Map<Digest, Descriptor>();
  for (const entry of index.entries) {
    const { digest } = await entry.descriptor(options);
    if (entry.kind === 'image') moved.set(digest, (await gather(await entry.image(options), work)).descriptor);
    else if (entry.kind === 'index') moved.set(digest, await gatherIndex(entry.index, work));
  }
  const { bytes, descriptor } = await index.movedTo(moved, options);
  addBytes(descriptor, bytes, blobs);
  const written = parseManifest(bytes, descriptor.mediaType);
  const named = new Set(written.kind === 'index' ? written.manifests.map(({ digest }) => digest) : []);
  for (const entry of index.entries)
    if (entry.kind === 'artifact' && named.has((await entry.descriptor(options)).digest)) await addArtifact(entry, work);
  return descriptor;
}

async function addArtifact(artifact: IndexArtifact, { blobs, options }: Work): Promise<void> {
  addBytes(await artifact.descriptor(options), await artifact.manifestBytes(options), blobs);
  for (const { descriptor, read } of await artifact.blobs(options))
    blobs.set(descriptor.digest, { digest: descriptor.digest, size: descriptor.size, read: () => read(options) });
}

async function gather(image: Image, work: Work): Promise<Omit<GatheredImage, 'names'>> {
  const { blobs, options } = work;
  const original = await image.manifestBytes(options);
  const before = await image.descriptor(options);
  const manifest = parseManifest(original, before.mediaType);
  if (manifest.kind !== 'image' || manifest.layers.length !== image.layers.length)
    throw new VarveError('IMAGE_INVALID', `Expected a manifest with ${image.layers.length} layers, found another`);
  const layers: GatheredImage['layers'][number][] = [];
  for (const [i, layer] of image.layers.entries()) {
    const descriptor = await addLayer(layer, manifest.layers[i] as Descriptor, work); // lengths were compared above
    layers.push({ diffId: await layer.diffId(options), descriptor });
  }
  const configBytes = await image.configBytes(options);
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const isUnchanged = descriptors.every(({ digest }, i) => digest === manifest.layers[i]?.digest);
  const configType = manifest.config.mediaType === MEDIA_TYPES.dockerConfig ? MEDIA_TYPES.config : manifest.config.mediaType;
  const config = descriptorOf(configType, configBytes, manifest.config.digest);
  const bytes = isUnchanged ? original : serializeManifest(config, descriptors, manifest.annotations);
  const descriptor = isUnchanged ? before : descriptorOf(MEDIA_TYPES.manifest, bytes);
  addBytes(config, configBytes, blobs);
  addBytes(descriptor, bytes, blobs);
  return { descriptor, config: config.digest, layers };
}

function addBytes({ digest }: Descriptor, bytes: Uint8Array, blobs: Map<Digest, Blob>): void {
  blobs.set(digest, { digest, size: bytes.length, read: () => bytes });
}

/**
 * A layer as its manifest names it; a store that came by the layer in another form (compressed by somebody else) gives it as plain tar, and
 * the image another manifest.
 */
async function addLayer(layer: Layer, named: Descriptor, { stores, blobs, options }: Work): Promise<Descriptor> {
  if (blobs.has(named.digest)) return named;
  const found = await sizeInStore(layer, named.digest, { stores, options });
  if (found !== undefined) {
    if (found !== named.size)
      throw new VarveError('BLOB_CORRUPT', `Expected ${named.size} bytes of layer ${named.digest}, found ${found} in the store`, {
        hint: 'Remove the image and pull or load it again.',
      });
    blobs.set(named.digest, { ...named, read: () => stores.content.read(named.digest, options) });
    return named;
  }
  const plain = { mediaType: MEDIA_TYPES.layer, digest: await layer.diffId(options), size: await layer.size(options) };
  blobs.set(plain.digest, { ...plain, read: () => layer.tar(options) });
  return plain;
}

/** A layer from elsewhere is fetched by asking for its index; one that was made here is written as tar. */
async function sizeInStore(
  layer: Layer,
  digest: Digest,
  { stores, options }: Pick<Work, 'stores' | 'options'>,
): Promise<number | undefined> {
  const found = await stores.content.size(digest);
  if (found !== undefined) return found;
  if (layer.stored !== undefined) await layer.index(options);
  const fetched = await stores.content.size(digest);
  if (fetched !== undefined) return fetched;
  await stores.layers.put(layer, options);
  return await stores.content.size(digest);
}
