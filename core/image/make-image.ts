import type { ImageConfig } from './config.ts';
import { parseConfigFile, serializeConfig } from './config-file.ts';
import { type Descriptor, MEDIA_TYPES } from './descriptor.ts';
import { algorithmOf, type Digest, type DigestAlgorithm, digestOf } from './digest.ts';
import type { Image } from './image.ts';
import type { Abortable, Layer } from './layer.ts';
import { parseManifest } from './manifest.ts';
import { once } from './once.ts';

export interface ImageParts {
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  readonly baseLayers?: number | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** An image whose config and manifest are written here, once, when first asked for. */
export function makeImage({ config, layers, baseLayers = 0, annotations }: ImageParts): Image {
  const configBytes = once(async (options?: Abortable) =>
    serializeConfig(config, await eachLayer(layers, (layer) => layer.diffId(options))),
  );
  const configDescriptor = once(async (options?: Abortable) => descriptorOf(MEDIA_TYPES.config, await configBytes(options)));
  const manifestBytes = once(async (options?: Abortable) =>
    serializeManifest(await configDescriptor(options), await eachLayer(layers, (layer) => layerDescriptor(layer, options)), annotations),
  );
  return {
    config,
    layers,
    baseLayers,
    annotations,
    configBytes,
    manifestBytes,
    descriptor: once(async (options) => descriptorOf(MEDIA_TYPES.manifest, await manifestBytes(options))),
    id: async (options) => (await configDescriptor(options)).digest,
    movedTo: (moved) => makeImage({ config, layers: moved, baseLayers, annotations }),
  };
}

export interface ForeignParts {
  readonly configBytes: Uint8Array;
  readonly manifestBytes: Uint8Array;
  readonly manifestMediaType: string;
  /** What the manifest is called where it comes from; without it, by its sha256. */
  readonly digest?: Digest | undefined;
  readonly layers: readonly Layer[];
}

/** An image that came from elsewhere: its config and manifest are the bytes as received. @throws VarveError `IMAGE_INVALID` */
export function foreignImage(parts: ForeignParts): Image {
  const { configBytes, manifestBytes, manifestMediaType, digest, layers } = parts;
  const { rootfs: _, ...config } = parseConfigFile(configBytes);
  return {
    config,
    layers,
    baseLayers: 0,
    configBytes: async () => configBytes,
    manifestBytes: async () => manifestBytes,
    descriptor: async () => descriptorOf(manifestMediaType, manifestBytes, digest),
    id: async () => digestOf(configBytes, configAlgorithm(manifestBytes)),
    movedTo: (moved) => foreignImage({ ...parts, layers: moved }),
  };
}

function configAlgorithm(manifestBytes: Uint8Array): DigestAlgorithm {
  const manifest = parseManifest(manifestBytes);
  return algorithmOf(manifest.kind === 'image' ? manifest.config.digest : undefined);
}

/** How a layer is named in a manifest: as it was stored, or as the tar that is made of it. */
export async function layerDescriptor(layer: Layer, options?: Abortable): Promise<Descriptor> {
  if (layer.stored !== undefined) return layer.stored;
  return {
    mediaType: MEDIA_TYPES.layer,
    digest: await layer.diffId(options),
    size: await layer.size(options),
  };
}

/** OCI image-spec, manifest.md; members in the specification's order. */
export function serializeManifest(
  config: Descriptor,
  layers: readonly Descriptor[],
  annotations?: Readonly<Record<string, string>>,
): Uint8Array {
  const plain = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size });
  const sorted = Object.entries(annotations ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config: plain(config),
      layers: layers.map(plain),
      ...(sorted.length > 0 && { annotations: Object.fromEntries(sorted) }),
    }),
  );
}

/** @param digest where there is one already that the bytes are called by */
export const descriptorOf = (mediaType: string, bytes: Uint8Array, digest: Digest = digestOf(bytes)): Descriptor => ({
  mediaType,
  digest,
  size: bytes.length,
});

/** One after another: tars of big layers made at once would only fight for the disk. */
async function eachLayer<T>(layers: readonly Layer[], ask: (layer: Layer) => Promise<T>): Promise<readonly T[]> {
  const answers: T[] = [];
  for (const layer of layers) answers.push(await ask(layer));
  return answers;
}
