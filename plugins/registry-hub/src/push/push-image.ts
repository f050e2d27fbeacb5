import { VarveError } from '@varve/core';
import {
  type Descriptor,
  descriptorOf,
  dockerManifest,
  type Image,
  MEDIA_TYPES,
  parseManifest,
  serializeManifest,
} from '@varve/core/image';
import { eachOf } from '../client/pool.ts';
import type { Repository } from '../http/requester.ts';
import { waiting } from '../pull/pull-image.ts';
import { type PushedPart, type PushOptions, pushLayer } from './push-layer.ts';
import { hasManifest, putManifest } from './put-manifest.ts';
import { uploadBlob } from './upload-blob.ts';

/** Layers that are looked at beside each other; how many are sent at once is another matter. */
const AT_ONCE = 16;

/**
 * Brings an image into a repository: what is there already is not sent, layers that are not compressed are, and the manifest comes last. Where
 * nothing was new, and the tag means this image, that was all. An
 * image whose layers are compressed keeps its manifest byte for byte.
 * @param tag or the digest that the manifest must have; without it the manifest is found by its digest alone
 * @throws VarveError `BLOB_UNKNOWN`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function pushImage(
  image: Image,
  repository: Repository,
  { tag, ...options }: PushOptions & { readonly tag: string | undefined },
): Promise<Descriptor> {
  const { signal } = options;
  const original = await image.manifestBytes({ signal });
  const before = await image.descriptor({ signal });
  const manifest = parseManifest(original, before.mediaType);
  if (manifest.kind !== 'image' || manifest.layers.length !== image.layers.length)
    throw new VarveError('IMAGE_INVALID', `Expected a manifest with ${image.layers.length} layers, found another`);
  const configBytes = await image.configBytes({ signal });
  const config = descriptorOf(manifest.config.mediaType, configBytes, manifest.config.digest);
  const configType = config.mediaType === MEDIA_TYPES.dockerConfig ? MEDIA_TYPES.config : config.mediaType;
  const parts = [
    ...image.layers.map((layer, i) => () => pushLayer(layer, manifest.layers[i], repository, options)),
    () => pushBytes(config, configBytes, repository, options),
  ];
  const pushed = await eachOf(parts, AT_ONCE, (push) => push());
  const layers = pushed.slice(0, -1).map(({ descriptor }) => descriptor);
  const isUnchanged = layers.every(({ digest }, i) => digest === manifest.layers[i]?.digest);
  const written = isUnchanged ? original : serializeManifest({ ...config, mediaType: configType }, layers, manifest.annotations);
  const bytes = options.dockerTypes ? dockerManifest(written) : written;
  const descriptor = bytes === original ? before : descriptorOf(parseManifest(bytes).mediaType, bytes);
  const to = { repository, tag: tag ?? descriptor.digest, ...options };
  if (!pushed.some(({ isNew }) => isNew) && (await hasManifest(descriptor, bytes, to))) return descriptor;
  return await putManifest(descriptor, bytes, to);
}

async function pushBytes(
  descriptor: Descriptor,
  bytes: Uint8Array,
  repository: Repository,
  { client, emit, signal }: PushOptions,
): Promise<PushedPart> {
  async function* read(from: number): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytes.subarray(from);
  }
  const onRetry = waiting(emit, descriptor.digest);
  const { kind } = await uploadBlob(client, repository, { ...descriptor, read, signal, onRetry });
  return { descriptor, isNew: kind !== 'there' };
}
