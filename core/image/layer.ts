import type { Content, Entry, FileEntry, LayerIndex } from '../archive/entry.ts';
import type { Descriptor } from './descriptor.ts';
import type { DiffID, Digest, LayerID } from './digest.ts';

export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A changeset: an index and the places where the bytes of its files lie. Immutable and lazy. A layer that was just made has no tar until
 * somebody asks: its tar is then a function of its index (canonical headers, OCI image-spec, layer.md). A layer that came from elsewhere
 * keeps its tar as it came, byte for byte.
 */
export interface Layer {
  /** Known without reading anything. */
  readonly id: LayerID;
  /** The form in which the layer was stored or pulled, where it came from elsewhere: its media type, digest and size. */
  readonly stored?: Descriptor | undefined;
  index(options?: Abortable): Promise<LayerIndex>;
  /** Makes the bytes of all files readable and returns the way to find them. */
  contents(options?: Abortable): Promise<(file: FileEntry) => Content>;
  /** The uncompressed tar. May be read several times. @throws VarveError `SOURCE_CHANGED`, `BLOB_CORRUPT` */
  tar(options?: Abortable): AsyncIterable<Uint8Array>;
  /** Digest of `tar()`; makes the tar once if nobody did. */
  diffId(options?: Abortable): Promise<DiffID>;
  /** Bytes of `tar()`. */
  size(options?: Abortable): Promise<number>;
}

export type { Content, DiffID, Digest, Entry, FileEntry, LayerIndex };
