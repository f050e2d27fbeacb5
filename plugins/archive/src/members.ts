import type { Descriptor, DiffID, Layer } from '@varve/core/image';

/** What a layer of an archive must be. */
export interface ExpectedLayer {
  /** As the image's configuration says. */
  readonly diffId: DiffID;
  /** As the manifest says; a docker-archive says nothing. */
  readonly descriptor?: Descriptor | undefined;
}

/** The members of an archive by path, wherever they lie: a stream that has passed, a tar file, a directory. */
export interface Members {
  /** As shown in messages. */
  readonly name: string;
  has(path: string): Promise<boolean>;
  /** A small member. @throws VarveError `ARCHIVE_LIMIT` for one that is too large to be what it should be */
  text(path: string): Promise<Uint8Array | undefined>;
  /** Verified now or when it is read. @throws VarveError `ARCHIVE_INVALID`, `BLOB_MISMATCH`, `TAR_…` */
  layer(path: string, expected: ExpectedLayer): Promise<Layer>;
}

/** Bytes of a member that is read into memory; the specification asks for 4 MiB at least. */
export const TEXT_LIMIT = 8 * 1024 * 1024;
