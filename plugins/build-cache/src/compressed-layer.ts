import { pipeline, Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import type { LayerStore } from '@varve/core';
import { gzip } from '@varve/core/archive';
import { type Abortable, asLayerID, type Layer, MEDIA_TYPES } from '@varve/core/image';
import type { CacheTarget } from './read-requests.ts';

/** Bytes. */
const CHUNK = 256 * 1024;

/**
 * A layer in the form that a cache has it in. The store keeps the form together with the layer, so that it is compressed once for all
 * exports. What goes to a registry as gzip is left to the transport, which compresses only what is not there.
 */
export async function compressedLayer(
  layer: Layer,
  { type, compression }: Pick<CacheTarget, 'type' | 'compression'>,
  { layers, signal }: Abortable & { readonly layers: LayerStore },
): Promise<Layer> {
  if (compression === 'uncompressed' || (type === 'registry' && compression === 'gzip')) return layer;
  const mediaType = compression === 'zstd' ? MEDIA_TYPES.layerZstd : MEDIA_TYPES.layerGzip;
  const diffId = await layer.diffId({ signal });
  const known = await layers.get(asLayerID(diffId));
  if (known?.stored?.mediaType === mediaType && (await known.diffId({ signal })) === diffId) return known;
  const tar = layer.tar({ signal });
  const compressed = compression === 'zstd' ? zstd(tar) : gzip(tar, { signal });
  return await layers.ingest(compressed, { mediaType, diffId, signal });
}

/** Whoever stops reading ends it; what fails before it fails the reader. */
const zstd = (source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
  pipeline(Readable.from(source, { objectMode: false, highWaterMark: CHUNK }), createZstdCompress({ chunkSize: CHUNK }), () => undefined);
