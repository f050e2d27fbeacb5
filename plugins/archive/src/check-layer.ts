import { type LayerStore, VarveError } from '@varve/core';
import { asLayerID, type Descriptor, type Layer, lazyLayer, MEDIA_TYPES, ociLayerType } from '@varve/core/image';
import { claimedDigest, ingestBlob, type LayerBlob } from './layer-blob.ts';
import type { ExpectedLayer } from './members.ts';

interface CheckOptions {
  readonly path: string;
  /** Bytes of the member. */
  readonly size: number;
  readonly expected: ExpectedLayer;
}

/** @throws VarveError `BLOB_MISMATCH` unless the layer is what manifest and configuration say */
export async function checkLayer(layer: Layer, { path, size, expected }: CheckOptions): Promise<Layer> {
  checkSize(path, size, expected);
  const diffId = await layer.diffId();
  if (diffId !== expected.diffId)
    throw new VarveError('BLOB_MISMATCH', `Expected the layer ${expected.diffId} in ${path}, found ${diffId}`);
  return layer;
}

export interface LazyOptions {
  readonly expected: ExpectedLayer;
  readonly layers: LayerStore;
}

/** A layer that is taken in when somebody reads it; at once where nothing but reading it tells how it is stored. */
export async function lazyBlob(blob: LayerBlob, { expected, layers }: LazyOptions): Promise<Layer> {
  checkSize(blob.path, blob.size, expected);
  const stored = storedAs(blob, expected);
  if (stored === undefined) {
    const layer = await ingestBlob(blob, layers, { diffId: expected.diffId });
    return await checkLayer(layer, { path: blob.path, size: blob.size, expected });
  }
  return lazyLayer({
    diffId: expected.diffId,
    stored,
    async fetch(options) {
      const here = await layers.get(asLayerID(expected.diffId));
      if (here !== undefined && (await here.diffId(options)) === expected.diffId) return here;
      return await ingestBlob(blob, layers, { digest: stored.digest, diffId: expected.diffId, ...options });
    },
  });
}

function storedAs({ path, size, compression }: LayerBlob, { descriptor, diffId }: ExpectedLayer): Descriptor | undefined {
  if (descriptor !== undefined) return { mediaType: ociLayerType(descriptor.mediaType), digest: descriptor.digest, size: descriptor.size };
  if (compression === 'none') return { mediaType: MEDIA_TYPES.layer, digest: diffId, size };
  const digest = claimedDigest(path);
  if (digest === undefined || (compression !== 'gzip' && compression !== 'zstd')) return undefined;
  return { mediaType: compression === 'gzip' ? MEDIA_TYPES.layerGzip : MEDIA_TYPES.layerZstd, digest, size };
}

function checkSize(path: string, size: number, { descriptor }: ExpectedLayer): void {
  if (descriptor !== undefined && descriptor.size !== size)
    throw new VarveError('BLOB_MISMATCH', `Expected ${descriptor.size} bytes in ${path}, found ${size}`);
}
