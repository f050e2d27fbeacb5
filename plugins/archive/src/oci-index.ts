import { VarveError } from '@varve/core';
import {
  type Descriptor,
  type Digest,
  foreignIndex,
  type Image,
  type ImageIndex,
  type IndexEntry,
  imagesOf,
  indexArtifact,
  isAttestation,
  isIndexType,
  parseManifest,
  serializeIndex,
} from '@varve/core/image';
import { blobPath } from './layout-files.ts';
import type { Members } from './members.ts';
import { isImageConfig, readBlob } from './oci-blobs.ts';

export interface IndexOptions {
  readonly members: Members;
  openImage(entry: Descriptor): Promise<Image>;
}

/**
 * The index that an entry of index.json means, with all that it names. What the archive lacks is left out: docker saves a few platforms
 * together with an index of many.
 * @returns `undefined`: it is no index, or one of a single image that others are missing beside
 */
export async function openIndex(entry: Descriptor, options: IndexOptions): Promise<ImageIndex | undefined> {
  const { members } = options;
  const bytes = await readBlob(entry, members);
  const manifest = parseManifest(bytes, entry.mediaType);
  if (manifest.kind !== 'index') return undefined;
  const whole: Descriptor[] = [];
  const walk = { members, left: MOST_ENTRIES, indexes: new Set([entry.digest]) };
  for (const named of manifest.manifests) if (await isWhole(named, walk)) whole.push(named);
  const isAll = whole.length === manifest.manifests.length;
  const entries = await entriesOf(whole, options);
  const index = isAll
    ? foreignIndex({ indexBytes: bytes, mediaType: manifest.mediaType, digest: entry.digest, entries })
    : indexOver(whole, entries);
  const { length } = imagesOf(index);
  return length === 0 || (length === 1 && !isAll) ? undefined : index;
}

/** Several entries of index.json that are one image for several platforms, as an index of their own. */
export async function groupIndex(group: readonly Descriptor[], options: IndexOptions): Promise<ImageIndex> {
  const named = group.map(({ annotations: _, ...descriptor }) => descriptor);
  return indexOver(named, await entriesOf(named, options));
}

function indexOver(named: readonly Descriptor[], entries: readonly IndexEntry[]): ImageIndex {
  const indexBytes = serializeIndex(named);
  return foreignIndex({ indexBytes, mediaType: parseManifest(indexBytes).mediaType, entries });
}

async function entriesOf(named: readonly Descriptor[], { members, openImage }: IndexOptions): Promise<readonly IndexEntry[]> {
  const entries: IndexEntry[] = [];
  for (const descriptor of named)
    if (isIndexType(descriptor.mediaType)) entries.push(await nested(descriptor, { members, openImage }));
    else if (await isImage(descriptor, members))
      entries.push({
        kind: 'image',
        platform: descriptor.platform,
        descriptor: async () => descriptor,
        image: () => openImage(descriptor),
      });
    else entries.push(artifact(descriptor, members));
  return entries;
}

/** An index that is whole. */
async function nested(descriptor: Descriptor, options: IndexOptions): Promise<IndexEntry> {
  const { digest, mediaType } = descriptor;
  const indexBytes = await readBlob(descriptor, options.members);
  const entries = await entriesOf(manifestsIn(indexBytes, mediaType), options);
  return { kind: 'index', descriptor: async () => descriptor, index: foreignIndex({ indexBytes, mediaType, digest, entries }) };
}

function manifestsIn(bytes: Uint8Array, mediaType: string): readonly Descriptor[] {
  const manifest = parseManifest(bytes, mediaType);
  return manifest.kind === 'index' ? manifest.manifests : [];
}

async function isImage(descriptor: Descriptor, members: Members): Promise<boolean> {
  if (isAttestation(descriptor)) return false;
  const manifest = parseManifest(await readBlob(descriptor, members), descriptor.mediaType);
  return manifest.kind === 'image' && isImageConfig(manifest.config);
}

const artifact = (descriptor: Descriptor, members: Members): IndexEntry =>
  indexArtifact({
    descriptor,
    manifestBytes: () => readBlob(descriptor, members),
    async *read(blob) {
      yield await readBlob(blob, members);
    },
  });

/** Manifests of one index, those of indexes in it included. */
const MOST_ENTRIES = 10_000;
/** Index in index in index: nobody needs more. */
const DEPTH = 4;

interface Walk {
  readonly members: Members;
  /** Manifests that may still come. */
  left: number;
  /** Those that were met: twice each, four deep, would be sixteen times as many, and a circle would have no end. */
  readonly indexes: Set<Digest>;
}

/** A manifest with everything that it names; of an artifact only what was held while the archive passed. */
async function isWhole(descriptor: Descriptor, walk: Walk, depth = 0): Promise<boolean> {
  const { members } = walk;
  if (--walk.left < 0 || depth > DEPTH)
    throw new VarveError('IMAGE_INVALID', `Expected at most ${MOST_ENTRIES} manifests in an index, and indexes at most ${DEPTH} deep`);
  if (!(await members.has(blobPath(descriptor.digest)))) return false;
  if (walk.indexes.has(descriptor.digest))
    throw new VarveError('IMAGE_INVALID', `Expected the index ${descriptor.digest} once, found it again`);
  if (isIndexType(descriptor.mediaType)) {
    walk.indexes.add(descriptor.digest);
    return await every(manifestsIn(await readBlob(descriptor, members), descriptor.mediaType), (each) => isWhole(each, walk, depth + 1));
  }
  if (await isImage(descriptor, members)) {
    const manifest = parseManifest(await readBlob(descriptor, members), descriptor.mediaType);
    const named = manifest.kind === 'image' ? [manifest.config, ...manifest.layers] : [];
    return await every(named, ({ digest }) => members.has(blobPath(digest)));
  }
  const blobs = await indexArtifact({ descriptor, manifestBytes: () => readBlob(descriptor, members), read: () => [] as never }).blobs();
  return await every(blobs, async (blob) => (await members.text(blobPath(blob.descriptor.digest))) !== undefined);
}

async function every<T>(values: readonly T[], holds: (value: T) => Promise<boolean>): Promise<boolean> {
  for (const value of values) if (!(await holds(value))) return false;
  return true;
}
