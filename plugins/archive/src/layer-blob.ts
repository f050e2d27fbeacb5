import { type LayerStore, VarveError } from '@varve/core';
import { type Compression, decompress, detectCompression } from '@varve/core/archive';
import { type Abortable, type DiffID, type Digest, isDigest, type Layer, MEDIA_TYPES } from '@varve/core/image';

/** A layer as it lies in an archive. */
export interface LayerBlob {
  readonly path: string;
  /** Bytes, as it lies there. */
  readonly size: number;
  readonly compression: Compression;
  read(): AsyncIterable<Uint8Array>;
}

export interface IngestOptions extends Abortable {
  readonly digest?: Digest | undefined;
  readonly diffId?: DiffID | undefined;
}

/** Bytes of a member that `layerCompression` must see. */
export const SNIFF_BYTES = 512;

/**
 * How a layer is compressed, told by its first bytes; `undefined` for what is no layer. Names say nothing: `layer.tar` may be gzip, and a
 * blob may be anything.
 */
export function layerCompression(head: Uint8Array): Compression | undefined {
  const compression = detectCompression(head);
  return compression !== 'none' || isTarBlock(head) ? compression : undefined;
}

/** A header whose checksum is right, or the end of an empty tar (POSIX pax, ustar interchange format). */
function isTarBlock(head: Uint8Array): boolean {
  if (head.length < SNIFF_BYTES) return false;
  const block = head.subarray(0, SNIFF_BYTES);
  if (block.every((byte) => byte === 0)) return true;
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const field = Buffer.from(block.subarray(148, 156)).toString('latin1').replace(/\0.*$/s, '').trim();
  return /^[0-7]+$/.test(field) && Number.parseInt(field, 8) === sum;
}

const STORED: Partial<Record<Compression, string>> = {
  none: MEDIA_TYPES.layer,
  gzip: MEDIA_TYPES.layerGzip,
  zstd: MEDIA_TYPES.layerZstd,
};

/** Takes a layer into the store in one pass. What no media type can name (xz, bzip2) is kept uncompressed. */
export async function ingestBlob(
  { path, size, compression, read }: LayerBlob,
  layers: LayerStore,
  { digest, diffId, signal }: IngestOptions = {},
): Promise<Layer> {
  const mediaType = STORED[compression];
  if (mediaType !== undefined) return await layers.ingest(read(), { mediaType, digest, size, diffId, signal });
  if (digest !== undefined) throw new VarveError('ARCHIVE_INVALID', `Expected a tar, gzip or zstd layer in ${path}, found ${compression}`);
  return await layers.ingest(decompress(read(), { signal }), { mediaType: MEDIA_TYPES.layer, diffId, signal });
}

/** The digest that a blob's name claims (OCI image-spec, image-layout.md). */
export function claimedDigest(path: string): Digest | undefined {
  const [, algorithm, hex] = /^blobs\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}
