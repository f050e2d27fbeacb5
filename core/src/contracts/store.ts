import type { FileStamp } from '../../archive/index.ts';
import type { Abortable, CacheKey, Descriptor, DiffID, Digest, Image, ImageIndex, Layer, LayerID, Platform } from '../../image/index.ts';
import type { BuildInfo } from './build.ts';
import type { Host } from './host.ts';
import type { KeyParts } from './step.ts';

/** Immutable bytes by digest. Everything is written under a temporary name and becomes visible whole and verified, or not at all. */
export interface ContentStore {
  /** Bytes of a blob, or `undefined` where there is none. */
  size(digest: Digest): Promise<number | undefined>;
  /**
   * The bytes; verified while they are read from the start to the end.
   * @throws VarveError `BLOB_UNKNOWN`, `BLOB_CORRUPT` (with what to do)
   */
  read(digest: Digest, options?: Abortable & { readonly offset?: number; readonly length?: number }): AsyncIterable<Uint8Array>;
  /** All of a small blob. @throws VarveError `BLOB_UNKNOWN`, `BLOB_CORRUPT`, `BLOB_TOO_LARGE` above `limit` bytes (default 8 MiB) */
  readAll(digest: Digest, limit?: number): Promise<Uint8Array>;
  /** Stores a stream. @throws VarveError `BLOB_MISMATCH` when it is not what was expected; nothing is kept then */
  write(
    source: AsyncIterable<Uint8Array> | Uint8Array,
    expected?: Abortable & { readonly digest?: Digest | undefined; readonly size?: number | undefined },
  ): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** A file of this host that holds the blob. */
  path(digest: Digest): string;
  remove(digest: Digest): Promise<void>;
  list(): AsyncIterable<{ readonly digest: Digest; readonly size: number }>;
}

/** Bytes from a place on, to the end. */
export type ResumableSource = (from: number) => AsyncIterable<Uint8Array>;

/** Layers with their indexes. */
export interface LayerStore {
  /** The layer that is kept under this id: a diffID, or the name it got when a step made it. `undefined` also when its contents are gone. */
  get(id: LayerID): Promise<Layer | undefined>;
  /**
   * Writes a layer's tar and index, once; concurrent calls for one layer share the work. The result has the same `id` and reads from the
   * store. Emits nothing; the caller does.
   */
  put(layer: Layer, options?: Abortable): Promise<Layer>;
  /**
   * Remembers a layer whose files lie in a directory that lasts (a committed snapshot): only its index is written. When the directory is
   * gone and no tar was made, `get` no longer knows the layer.
   */
  keep(layer: Layer, directory: string): Promise<Layer>;
  /**
   * Takes in a layer from elsewhere, compressed or not: one pass hashes it, indexes it and stores it as it came. A function that gives
   * the bytes from any place on is asked for those that are missing only, where an earlier call, of any process, was cut off: what came of
   * the blob is kept by `expected.digest`. Of several that bring the same blob at once, one does, and the others get what it brought.
   * @throws VarveError `BLOB_MISMATCH`, `TAR_…`
   */
  ingest(
    source: AsyncIterable<Uint8Array> | ResumableSource,
    expected: Abortable & {
      readonly mediaType: string;
      readonly digest?: Digest | undefined;
      readonly size?: number | undefined;
      readonly diffId?: DiffID | undefined;
    },
  ): Promise<Layer>;
}

/** What is known of an image, or of an index of several, without reading it. */
export interface ImageRecord {
  readonly descriptor: Descriptor;
  /** Digest of the config; of the index where it is one. */
  readonly id: Digest;
  /** The platforms of an index, in its order; absent for an image. */
  readonly platforms?: readonly Platform[] | undefined;
  /** Full names (`docker.io/library/busybox:latest`), sorted; empty for a dangling image. */
  readonly names: readonly string[];
  /** RFC 3339, from the config; of an index, its newest image's. */
  readonly created: string | undefined;
  /** Bytes of all layers, uncompressed; layers that several images of an index share count once. */
  readonly size: number;
  /** Milliseconds since 1970: when the image came into the store. */
  readonly storedAt: number;
}

/** Images and their names on this host. */
export interface ImageStore {
  /** Stores layers, config and manifest and then, in one transaction, the record and its names, which leave other images. */
  put(image: Image, options?: Abortable & { readonly names?: readonly string[] | undefined }): Promise<ImageRecord>;
  /** The same for an index, all that it names, and everything that goes with it. Its images are found by digest and ID, and not listed. */
  putIndex(index: ImageIndex, options?: Abortable & { readonly names?: readonly string[] | undefined }): Promise<ImageRecord>;
  /** By full or familiar name, by digest, by ID or an unambiguous beginning of one. @throws VarveError `IMAGE_AMBIGUOUS` */
  find(text: string): Promise<ImageRecord | undefined>;
  /**
   * Reads lazily; the config and manifest are the bytes as stored. Of an index the image that fits `platform` best; without one the image
   * for this host or, where there is none, the first.
   * @throws VarveError `IMAGE_PLATFORM` where an index has none that fits
   */
  open(record: ImageRecord, options?: { readonly platform?: Platform | undefined }): Promise<Image>;
  /** The whole index; `undefined` for the record of an image. */
  openIndex(record: ImageRecord): Promise<ImageIndex | undefined>;
  /** Gives an image one more name, taking it from whichever had it. */
  tag(record: ImageRecord, name: string): Promise<void>;
  /** Takes a name away. `false`: nobody had it. */
  untag(name: string): Promise<boolean>;
  /** Newest first. An index is one record. */
  list(): Promise<readonly ImageRecord[]>;
  /**
   * Removes the record, an index with its images, and the blobs that nothing else needs. Idempotent.
   * @throws VarveError `IMAGE_IN_USE` for an image that is here only as part of an index
   */
  remove(record: ImageRecord): Promise<{ readonly blobs: readonly Digest[] }>;
}

/** What a step was once done with, and what came of it. */
export interface CacheRecord {
  readonly key: CacheKey;
  /** What was compared, by name. */
  readonly parts: KeyParts;
  /** Names what lay below; equal only for the very same layers. */
  readonly parent: string;
  readonly kind: string;
  /** As shown to the user. */
  readonly title: string;
  readonly layer: LayerID;
  /** RFC 3339; becomes the history's time when the record is used. */
  readonly createdAt: string;
}

/** What a cache that is made for one build works with. */
export interface CacheStart {
  readonly build: BuildInfo;
  readonly host: Pick<Host, 'resolve' | 'transport'>;
}

/** A record, and whether its layer has come: `false` where it cannot be had, which has been told by then. */
export interface FoundRecord extends CacheRecord {
  readonly bringing: Promise<boolean>;
}

export interface CacheStore {
  readonly name: string;
  /**
   * A record whose layer the layer store has, or has by the time this answers: a cache that lies elsewhere brings it. What it says besides
   * `layer` and `createdAt` is known to whoever asks. What it throws is a warning and a miss.
   */
  get(key: CacheKey, options?: Abortable): Promise<CacheRecord | undefined>;
  /**
   * The same, without waiting for the layer: whoever asks goes on to the next step, so that the layers of a stage come beside each other.
   * What does not come in the end is asked for once more, with `get`.
   */
  find?(key: CacheKey, options?: Abortable): Promise<FoundRecord | undefined>;
  /** Idempotent; last writer wins. */
  put(record: CacheRecord, options?: Abortable): Promise<void>;
  /** Records with the same parent and kind, newest first: what a miss is explained with. */
  siblings?(parent: string, kind: string): Promise<readonly CacheRecord[]>;
  /**
   * Asked when a build begins, once for all platforms: the cache that takes the place of this one until the build ends. Reads nothing yet.
   * @throws VarveError `CACHE_…` for a request that cannot be fulfilled
   */
  start?(start: CacheStart): CacheStore;
  /** A step of the build came to this record, new or from any cache. Called once for each, in no particular order. */
  used?(record: CacheRecord, layer: Layer): void;
  /** The images are made, one for each platform, and so are all outputs. What this throws fails the build. */
  finish?(images: readonly Image[]): Promise<void>;
}

/** Remembers the digests of files by device, inode, size, mtime and ctime, and what was worked out about trees. */
export interface FileDigests {
  /** `sha256:…` of each file, in order, as `hashContents` has it; reads only those that are not remembered. Paths are for `node:fs`. @throws VarveError `SOURCE_CHANGED` */
  digests(files: readonly { readonly path: string | Buffer; readonly stamp: FileStamp }[], options?: Abortable): Promise<readonly string[]>;
  /**
   * What was remembered under a name that says which tree and what about it. Of a tree that may change (`FileTree.state`) the value has to
   * tell for which state it holds. Anything may be forgotten that was not recalled for long.
   */
  recall(name: string): Promise<string | undefined>;
  remember(name: string, value: string): Promise<void>;
  /** How many files and bytes were read to be hashed so far. */
  readonly read: { readonly files: number; readonly bytes: number };
}

/** Where it shows that a store has changed. */
export interface StorePlaces {
  /**
   * Of these paths one at least looks different (times, size, inode, or it is gone) once anything changes that the store says of images,
   * their names and caches, or once one of the layers is not whole any more.
   */
  readonly lasting: readonly string[];
  /** The same, but these may go without that anything has changed. */
  readonly passing: readonly string[];
}

/** Small facts about the store itself (`store.json`): `storage driver` is the name of the driver that filled it. */
export interface StoreState {
  recall(name: string): Promise<string | undefined>;
  remember(name: string, value: string): Promise<void>;
  /**
   * Whoever asks counts on nothing any more that it found in the store: no collection waits for this process, unless it uses the store
   * anew. For commands that go on for long after they are done with the store, as one that waits for a container.
   */
  release?(): void;
  /**
   * What `look` finds at the store's files as this process leaves them; `undefined` where another one has written since this one began to
   * read, or does meanwhile.
   */
  watch?<T>(layers: readonly Layer[], look: (places: StorePlaces) => T): T | undefined;
}
