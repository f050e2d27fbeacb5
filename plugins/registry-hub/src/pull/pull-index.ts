import { VarveError } from '@varve/core';
import {
  type Descriptor,
  type Digest,
  foreignIndex,
  type ImageIndex,
  type IndexEntry,
  type IndexManifest,
  indexArtifact,
  isAttestation,
  isIndexType,
  MEDIA_TYPES,
  parseManifest,
} from '@varve/core/image';
import { verifiedBlob } from '../client/verified-blob.ts';
import type { Repository } from '../http/requester.ts';
import { DEPTH, findManifest, knownType, type PullOptions, pullImage, readHere } from './pull-image.ts';

/** What is asked for whichever image of an index somebody takes. */
export type PullIndexOptions = Omit<PullOptions, 'platform' | 'artifact'>;

/** Manifests under one name, and their bytes: all of them are held while it is pulled. */
const MOST_ENTRIES = 10_000;
const MOST_BYTES = 64 << 20;

/**
 * The index that a tag or digest names, with everything that it names, indexes in it too: manifests are read and verified, configurations,
 * layers and what belongs to attestations when somebody asks. `undefined`: it is one image.
 * @throws VarveError `IMAGE_UNKNOWN`, `IMAGE_INVALID`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function pullIndex(repository: Repository, tag: string, options: PullIndexOptions): Promise<ImageIndex | undefined> {
  const { bytes, digest, mediaType } = await findManifest(repository, tag, options);
  const manifest = parseManifest(bytes, knownType(mediaType));
  return manifest.kind === 'image' ? undefined : await new IndexPull(repository, options).indexOf({ bytes, digest, manifest });
}

interface ReadIndex {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly manifest: IndexManifest;
}

class IndexPull {
  readonly #repository: Repository;
  readonly #options: PullIndexOptions;
  readonly #read = new Map<Digest, Uint8Array>();
  readonly #indexes = new Set<Digest>();
  readonly #images = new Map<Digest, boolean>();
  #entries = 0;
  #bytes = 0;

  constructor(repository: Repository, options: PullIndexOptions) {
    const { content } = options;
    this.#repository = repository;
    // a manifest that was read is here for its image, too
    this.#options = {
      ...options,
      content: {
        size: async (digest) => this.#read.get(digest)?.length ?? (await content.size(digest)),
        readAll: async (digest) => this.#read.get(digest) ?? (await content.readAll(digest)),
      },
    };
  }

  async indexOf({ bytes: indexBytes, digest, manifest: { mediaType, manifests } }: ReadIndex, depth = 0): Promise<ImageIndex> {
    if (depth > DEPTH) throw new VarveError('IMAGE_INVALID', `Indexes are nested more than ${DEPTH} deep`);
    // twice each, four deep, would be sixteen times as many: nobody needs that, and a circle would have no end
    if (this.#indexes.has(digest))
      throw new VarveError('IMAGE_INVALID', `Expected the index ${digest} once under its name, found it again`);
    this.#indexes.add(digest);
    this.#entries += manifests.length;
    if (this.#entries > MOST_ENTRIES) throw tooMany(`${MOST_ENTRIES} manifests`);
    const entries: IndexEntry[] = [];
    for (const named of manifests) entries.push(await this.#entryOf(named, depth));
    return foreignIndex({ indexBytes, mediaType, digest, entries });
  }

  /** Only its manifest tells an image from whatever else there may be. */
  async #entryOf(descriptor: Descriptor, depth: number): Promise<IndexEntry> {
    const { digest, platform } = descriptor;
    const [repository, options] = [this.#repository, this.#options];
    const bytes = await this.#manifestBytes(descriptor);
    if (isIndexType(descriptor.mediaType)) {
      const manifest = parseManifest(bytes, descriptor.mediaType);
      if (manifest.kind === 'index')
        return { kind: 'index', descriptor: async () => descriptor, index: await this.indexOf({ bytes, digest, manifest }, depth + 1) };
    }
    if (isAttestation(descriptor) || !this.#isImage(bytes, descriptor))
      return indexArtifact({
        descriptor,
        manifestBytes: async () => bytes,
        read: (blob, { signal } = {}) => blobBytes(repository, blob, { ...options, signal }),
      });
    return {
      kind: 'image',
      platform,
      descriptor: async () => descriptor,
      image: async ({ signal } = {}) => await pullImage(repository, digest, { ...options, signal, platform: ANY }),
    };
  }

  /** Read once, however often it is named. */
  #isImage(bytes: Uint8Array, { digest, mediaType }: Descriptor): boolean {
    const known = this.#images.get(digest);
    if (known !== undefined) return known;
    const manifest = parseManifest(bytes, mediaType);
    const isImage = manifest.kind === 'image' && IMAGES.has(manifest.config.mediaType);
    this.#images.set(digest, isImage);
    return isImage;
  }

  /** Fetched once, however often it is named. */
  async #manifestBytes({ digest, size }: Descriptor): Promise<Uint8Array> {
    const { bytes } = await findManifest(this.#repository, digest, this.#options);
    if (!this.#read.has(digest)) this.#bytes += bytes.length;
    if (this.#bytes > MOST_BYTES) throw tooMany(`${MOST_BYTES} bytes of manifests`);
    this.#read.set(digest, bytes);
    if (bytes.length === size) return bytes;
    throw new VarveError('BLOB_MISMATCH', `Expected ${size} bytes of ${digest}, found ${bytes.length}`);
  }
}

const tooMany = (most: string): VarveError => new VarveError('IMAGE_INVALID', `Expected at most ${most} under one name, found more`);

const IMAGES: ReadonlySet<string> = new Set([MEDIA_TYPES.config, MEDIA_TYPES.dockerConfig]);

/** Of one image nobody chooses. */
const ANY = { os: 'linux', architecture: '' };

async function* blobBytes(
  repository: Repository,
  { digest, size }: Descriptor,
  { client, content, signal }: PullIndexOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const here = await readHere(content, digest);
  if (here !== undefined) yield here;
  else yield* verifiedBlob(client, repository, { digest, size, signal });
}
