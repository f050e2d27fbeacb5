import type { Image, ImageIndex } from '@varve/core/image';

/** An image that an archive offers. */
export interface ArchivedImage {
  /** Full names with tags; empty where the archive gives none. */
  readonly names: readonly string[];
  /** What the archive itself calls it: tags, names as written, digests of its manifest or index. */
  readonly keys: readonly string[];
  /** @throws VarveError `IMAGE_INVALID`, `IMAGE_PLATFORM`, `BLOB_MISMATCH`, `ARCHIVE_INVALID` */
  open(): Promise<Image>;
  /** Where it is one for several platforms: all of them. `undefined`: there is no more than `open` gives. */
  openIndex?(): Promise<ImageIndex | undefined>;
}
