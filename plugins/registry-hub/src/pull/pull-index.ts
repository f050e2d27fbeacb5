import { VarveError } from '@varve/core';
import {
  type Descriptor,
  foreignIndex,
  type ImageIndex,
  type ImageManifest,
  type IndexEntry,
  type IndexManifest,
  indexArtifact,
  isAttestation,
  MEDIA_TYPES,
  parseManifest,
} from '@varve/core/image';
import { verifiedBlob } from '../client/verified-blob.ts';
import type { Repository } from '../http/requester.ts';
import { findManifest, knownType, type PullOptions, pullImage, readHere } from './pull-image.ts';

/** What is asked for whichever image of an index somebody takes. */
export type PullIndexOptions = Omit<PullOptions, 'platform' | 'artifact'>;

/**
 * The index that a tag or digest names, with everything that it names: manifests are read and verified, configurations, layers and what
 * belongs to attestations when somebody asks. `undefined`: it is one image.
 * @throws VarveError `IMAGE_UNKNOWN`, `IMAGE_INVALID` for an index of indexes, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function pullIndex(repository: Repository, tag: string, options: PullIndexOptions): Promise<ImageIndex | undefined> {
  const { bytes: indexBytes, digest, mediaType } = await findManifest(repository, tag, options);
  const index = parseManifest(indexBytes, knownType(mediaType));
  if (index.kind === 'image') return undefined;
  const entries: IndexEntry[] = [];
  for (const named of index.manifests) entries.push(await entryOf(repository, named, options));
  return foreignIndex({ indexBytes, mediaType: index.mediaType, digest, entries });
}

/** Only its manifest tells an image from whatever else there may be. */
async function entryOf(repository: Repository, descriptor: Descriptor, options: PullIndexOptions): Promise<IndexEntry> {
  const bytes = await manifestBytes(repository, descriptor, options);
  if (isAttestation(descriptor) || !isImage(parseManifest(bytes, descriptor.mediaType), descriptor))
    return indexArtifact({
      descriptor,
      manifestBytes: async () => bytes,
      read: (blob, { signal } = {}) => blobBytes(repository, blob, { ...options, signal }),
    });
  return {
    kind: 'image',
    platform: descriptor.platform,
    descriptor: async () => descriptor,
    image: async ({ signal } = {}) => await pullImage(repository, descriptor.digest, { ...options, signal, platform: ANY }),
  };
}

/** Of one image nobody chooses. */
const ANY = { os: 'linux', architecture: '' };

async function manifestBytes(repository: Repository, { digest, size }: Descriptor, options: PullIndexOptions): Promise<Uint8Array> {
  const { bytes } = await findManifest(repository, digest, options);
  if (bytes.length === size) return bytes;
  throw new VarveError('BLOB_MISMATCH', `Expected ${size} bytes of ${digest}, found ${bytes.length}`);
}

function isImage(manifest: ImageManifest | IndexManifest, { digest }: Descriptor): boolean {
  if (manifest.kind === 'image')
    return manifest.config.mediaType === MEDIA_TYPES.config || manifest.config.mediaType === MEDIA_TYPES.dockerConfig;
  throw new VarveError('IMAGE_INVALID', `Expected an index of images, found the index ${digest} in it`, {
    hint: 'Such an index is fetched for one platform at a time, with --platform.',
  });
}

async function* blobBytes(
  repository: Repository,
  { digest, size }: Descriptor,
  { client, content, signal }: PullIndexOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const here = await readHere(content, digest);
  if (here !== undefined) yield here;
  else yield* verifiedBlob(client, repository, { digest, size, signal });
}
