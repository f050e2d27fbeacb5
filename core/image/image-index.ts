import { VarveError } from '../src/errors.ts';
import { choosePlatform } from './choose-platform.ts';
import type { Descriptor, Platform } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { Image } from './image.ts';
import type { Abortable } from './layer.ts';
import { descriptorOf } from './make-image.ts';
import { parseManifest } from './manifest.ts';
import { once } from './once.ts';
import { hostPlatform } from './platform.ts';
import { rewriteIndex, serializeIndex } from './serialize-index.ts';

/** Images for several platforms under one name (OCI image-spec, image-index.md): immutable and lazy, as an `Image` is. */
export interface ImageIndex {
  /** In the order of the index. */
  readonly entries: readonly IndexEntry[];
  /** Exact bytes of the index. For a foreign index the bytes as received. */
  indexBytes(options?: Abortable): Promise<Uint8Array>;
  /** Descriptor of `indexBytes`. */
  descriptor(options?: Abortable): Promise<Descriptor>;
  /**
   * The bytes for a place where images have other manifests, by the digest that they have here: the same bytes where none has. What was
   * attested of an image that is another one there is left out.
   */
  movedTo(
    manifests: ReadonlyMap<Digest, Descriptor>,
    options?: Abortable,
  ): Promise<{ readonly bytes: Uint8Array; readonly descriptor: Descriptor }>;
}

export type IndexEntry = IndexImage | IndexArtifact | NestedIndex;

export interface IndexImage {
  readonly kind: 'image';
  /** As the index says; the image's own configuration may say something else. */
  readonly platform?: Platform | undefined;
  /** Of the image's manifest. */
  descriptor(options?: Abortable): Promise<Descriptor>;
  image(options?: Abortable): Promise<Image>;
}

/** What an index holds beside images (attestations): nothing here understands it, so it goes where the index goes, byte for byte. */
export interface IndexArtifact {
  readonly kind: 'artifact';
  descriptor(options?: Abortable): Promise<Descriptor>;
  manifestBytes(options?: Abortable): Promise<Uint8Array>;
  /** What the manifest names. */
  blobs(options?: Abortable): Promise<readonly ArtifactBlob[]>;
}

/** An index in an index: its images are for choosing from like those beside it. */
export interface NestedIndex {
  readonly kind: 'index';
  readonly index: ImageIndex;
  /** As the index around it names it. */
  descriptor(options?: Abortable): Promise<Descriptor>;
}

export interface ArtifactBlob {
  readonly descriptor: Descriptor;
  /** Verified by whoever stores it. */
  read(options?: Abortable): AsyncIterable<Uint8Array>;
}

/** Images with the platform that each is for. */
export interface PlatformImage {
  readonly platform: Platform;
  readonly image: Image;
}

/** An index over images, in the order given, written once, when first asked for. */
export function makeIndex(images: readonly PlatformImage[], annotations?: Readonly<Record<string, string>>): ImageIndex {
  const entries = images.map(
    ({ platform, image }): IndexImage => ({
      kind: 'image',
      platform,
      descriptor: (options) => image.descriptor(options),
      image: async () => image,
    }),
  );
  const indexBytes = once(async (options?: Abortable) => {
    const descriptors: Descriptor[] = [];
    for (const { platform, image } of images) descriptors.push({ ...(await image.descriptor(options)), platform });
    return serializeIndex(descriptors, annotations);
  });
  return indexOf(entries, indexBytes);
}

export interface ForeignIndexParts {
  readonly indexBytes: Uint8Array;
  readonly mediaType: string;
  /** What the index is called where it comes from; without it, by its sha256. */
  readonly digest?: Digest | undefined;
  readonly entries: readonly IndexEntry[];
}

/** An index that came from elsewhere: the bytes as received. */
export const foreignIndex = ({ indexBytes, entries, ...given }: ForeignIndexParts): ImageIndex =>
  indexOf(entries, async () => indexBytes, given);

function indexOf(
  entries: readonly IndexEntry[],
  indexBytes: ImageIndex['indexBytes'],
  { mediaType: given, digest }: Partial<Pick<ForeignIndexParts, 'mediaType' | 'digest'>> = {},
): ImageIndex {
  const typeOf = (bytes: Uint8Array): string => given ?? parseManifest(bytes).mediaType;
  return {
    entries,
    indexBytes,
    async descriptor(options) {
      const bytes = await indexBytes(options);
      return descriptorOf(typeOf(bytes), bytes, digest);
    },
    async movedTo(manifests, options) {
      const original = await indexBytes(options);
      const { bytes, mediaType } = rewriteIndex(original, typeOf(original), manifests);
      return { bytes, descriptor: descriptorOf(mediaType, bytes, bytes === original ? digest : undefined) };
    },
  };
}

/** The images of an index, without what goes with them; those of indexes in it, too. */
export const imagesOf = ({ entries }: ImageIndex): readonly IndexImage[] =>
  entries.flatMap((entry) => (entry.kind === 'image' ? [entry] : entry.kind === 'index' ? imagesOf(entry.index) : []));

/** What stands for an index where one image is looked at: the one that fits this host, or the first. @throws VarveError `IMAGE_PLATFORM` for an index of none */
export async function imageForHost(index: ImageIndex, options?: Abortable): Promise<Image> {
  const [first] = imagesOf(index);
  try {
    return await imageFor(index, hostPlatform(), options);
  } catch (failure) {
    if (first === undefined || !VarveError.is(failure) || failure.code !== 'IMAGE_PLATFORM') throw failure;
    return await first.image(options);
  }
}

/** The image of an index that fits a platform best. @throws VarveError `IMAGE_PLATFORM` with the platforms that there are */
export async function imageFor(index: ImageIndex, platform: Platform, options?: Abortable): Promise<Image> {
  return await choosePlatform(imagesOf(index), platform).image(options);
}
