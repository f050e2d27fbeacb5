import { gzipSync } from 'node:zlib';
import {
  asDiffID,
  asLayerID,
  type Digest,
  descriptorOf,
  digestOf,
  foreignImage,
  type Image,
  type Layer,
  lazyLayer,
  MEDIA_TYPES,
  serializeConfig,
  serializeManifest,
} from '../image/index.ts';
import type { LayerStore } from '../src/index.ts';
import { collectBytes, inPieces } from './store/streams.ts';

const named = (mediaType: string, bytes: Uint8Array) => descriptorOf(mediaType, bytes, digestOf(bytes, 'sha512'));

/**
 * The same image as somebody would have it for whom SHA-256 is not enough: manifest, configuration, layers (as gzip) and diffIDs are called by
 * their sha512. With its blobs, the manifest included.
 * @param into where a layer brings itself in, as one from a registry does; without it, its tar can be read and nothing else
 */
export async function sha512Image(
  image: Image,
  into?: LayerStore,
): Promise<{ readonly image: Image; readonly blobs: ReadonlyMap<Digest, Buffer> }> {
  const blobs = new Map<Digest, Buffer>();
  const layers: (Layer & { readonly stored: NonNullable<Layer['stored']> })[] = [];
  for (const layer of image.layers) {
    const tar = await collectBytes(layer.tar());
    const bytes = gzipSync(tar);
    const stored = named(MEDIA_TYPES.layerGzip, bytes);
    const diffId = asDiffID(digestOf(tar, 'sha512'));
    blobs.set(stored.digest, bytes);
    const fetch = into && (() => into.ingest(inPieces(bytes, 1 << 16), { ...stored, diffId }));
    const given: Layer = { ...layer, id: asLayerID(diffId), diffId: async () => diffId, tar: () => inPieces(tar, 1 << 16) };
    layers.push({ ...(fetch === undefined ? given : lazyLayer({ diffId, stored, fetch })), stored });
  }
  const diffIds = await Promise.all(layers.map((layer) => layer.diffId()));
  const configBytes = serializeConfig(image.config, diffIds);
  const config = named(MEDIA_TYPES.config, configBytes);
  const manifestBytes = serializeManifest(
    config,
    layers.map(({ stored }) => stored),
  );
  const { digest } = named(MEDIA_TYPES.manifest, manifestBytes);
  blobs.set(config.digest, Buffer.from(configBytes)).set(digest, Buffer.from(manifestBytes));
  return { image: foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.manifest, digest, layers }), blobs };
}
