import { MEDIA_TYPES } from './descriptor.ts';
import type { Image } from './image.ts';
import { type ImageIndex, imagesOf, makeIndex, type PlatformImage } from './image-index.ts';
import type { Abortable } from './layer.ts';
import { descriptorOf } from './make-image.ts';
import { ociLayerType, parseManifest } from './manifest.ts';
import { once } from './once.ts';

const LAYERS: Readonly<Record<string, string>> = {
  [MEDIA_TYPES.layer]: MEDIA_TYPES.dockerLayer,
  [MEDIA_TYPES.layerGzip]: MEDIA_TYPES.dockerLayerGzip,
  [MEDIA_TYPES.layerZstd]: `${MEDIA_TYPES.dockerLayer}.zstd`,
};

/** The same image with the media types of docker's schema 2, which has no annotations: for readers that know no other. */
export function withDockerTypes(image: Image): Image {
  const manifestBytes = once(async (options?: Abortable) => dockerManifest(await image.manifestBytes(options)));
  return {
    ...image,
    annotations: undefined,
    manifestBytes,
    descriptor: async (options) => descriptorOf(MEDIA_TYPES.dockerManifest, await manifestBytes(options)),
    movedTo: (layers) => withDockerTypes(image.movedTo(layers)),
  };
}

/** Docker's manifest list of the same images, without what goes with them: it is about other manifests. */
export async function indexWithDockerTypes(index: ImageIndex, options?: Abortable): Promise<ImageIndex> {
  const images: PlatformImage[] = [];
  for (const entry of imagesOf(index)) {
    const image = await entry.image(options);
    images.push({ platform: entry.platform ?? image.config, image: withDockerTypes(image) });
  }
  return makeIndex(images);
}

/** An image's manifest with docker's types; one that has them stays as it is. */
export function dockerManifest(bytes: Uint8Array): Uint8Array {
  const manifest = parseManifest(bytes);
  if (manifest.kind !== 'image' || manifest.mediaType === MEDIA_TYPES.dockerManifest) return bytes;
  const plain = (mediaType: string, { digest, size }: { readonly digest: string; readonly size: number }) => ({ mediaType, size, digest });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.dockerManifest,
      config: plain(MEDIA_TYPES.dockerConfig, manifest.config),
      layers: manifest.layers.map((layer) => plain(LAYERS[ociLayerType(layer.mediaType)] ?? layer.mediaType, layer)),
    }),
  );
}
