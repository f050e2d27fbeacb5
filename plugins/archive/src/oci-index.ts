import {
  type Descriptor,
  foreignIndex,
  type Image,
  type ImageIndex,
  type IndexEntry,
  indexArtifact,
  isAttestation,
  MEDIA_TYPES,
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
 * @returns `undefined`: it is no index, or one of a single image that others are missing beside, or one of indexes
 */
export async function openIndex(entry: Descriptor, options: IndexOptions): Promise<ImageIndex | undefined> {
  const { members } = options;
  const bytes = await readBlob(entry, members);
  const manifest = parseManifest(bytes, entry.mediaType);
  if (manifest.kind !== 'index' || manifest.manifests.some(({ mediaType }) => INDEXES.has(mediaType))) return undefined;
  const whole: Descriptor[] = [];
  for (const named of manifest.manifests) if (await isWhole(named, members)) whole.push(named);
  const entries = await entriesOf(whole, options);
  const images = entries.filter(({ kind }) => kind === 'image');
  if (images.length === 0) return undefined;
  if (whole.length === manifest.manifests.length)
    return foreignIndex({ indexBytes: bytes, mediaType: manifest.mediaType, digest: entry.digest, entries });
  return images.length === 1 ? undefined : indexOver(whole, entries);
}

const INDEXES: ReadonlySet<string> = new Set([MEDIA_TYPES.index, MEDIA_TYPES.dockerList]);

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
    entries.push(
      (await isImage(descriptor, members))
        ? { kind: 'image', platform: descriptor.platform, descriptor: async () => descriptor, image: () => openImage(descriptor) }
        : artifact(descriptor, members),
    );
  return entries;
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

/** A manifest with everything that it names; of an artifact only what was held while the archive passed. */
async function isWhole(descriptor: Descriptor, members: Members): Promise<boolean> {
  if (!(await members.has(blobPath(descriptor.digest)))) return false;
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
