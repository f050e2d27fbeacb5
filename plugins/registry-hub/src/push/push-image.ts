import { type ContentStore, type Emit, VarveError } from '@varve/core';
import {
  type Abortable,
  type Descriptor,
  descriptorOf,
  digestOf,
  hexOf,
  type Image,
  type Layer,
  MEDIA_TYPES,
  parseManifest,
  serializeManifest,
} from '@varve/core/image';
import { eachOf } from '../client/pool.ts';
import { apiHost } from '../hosts/registry-host.ts';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { gzipLayer } from './gzip-layer.ts';
import type { GzipMemory } from './gzip-memory.ts';
import { hasBlob, uploadBlob } from './upload-blob.ts';

/** As docker: more does not make a line faster. */
const UPLOADS = 5;

export interface PushOptions extends Abortable {
  readonly client: Requester;
  readonly content: ContentStore;
  /** Where layers are compressed. */
  readonly temporary: string;
  readonly compressed: GzipMemory;
  readonly emit?: Emit | undefined;
}

/**
 * Brings an image into a repository: what is there already is not sent, layers that are not compressed are, and the manifest comes last. An
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
  const { mediaType } = await image.descriptor({ signal });
  const manifest = parseManifest(original, mediaType);
  if (manifest.kind !== 'image' || manifest.layers.length !== image.layers.length)
    throw new VarveError('IMAGE_INVALID', `Expected a manifest with ${image.layers.length} layers, found another`);
  const layers = await eachOf([...image.layers.entries()], UPLOADS, ([i, layer]) =>
    pushLayer(layer, manifest.layers[i], repository, options),
  );
  const configBytes = await image.configBytes({ signal });
  const config = descriptorOf(manifest.config.mediaType, configBytes);
  const configType = config.mediaType === MEDIA_TYPES.dockerConfig ? MEDIA_TYPES.config : config.mediaType;
  await pushBytes(config, configBytes, repository, options);
  const isUnchanged = layers.every(({ digest }, i) => digest === manifest.layers[i]?.digest);
  const bytes = isUnchanged ? original : serializeManifest({ ...config, mediaType: configType }, layers, manifest.annotations);
  const descriptor = descriptorOf(isUnchanged ? mediaType : MEDIA_TYPES.manifest, bytes);
  return await putManifest(descriptor, bytes, { repository, tag: tag ?? descriptor.digest, ...options });
}

async function pushLayer(layer: Layer, named: Descriptor | undefined, repository: Repository, options: PushOptions): Promise<Descriptor> {
  const { client, content, emit, temporary, compressed: memory, signal } = options;
  const diffId = await layer.diffId({ signal });
  const label = hexOf(diffId).slice(0, 12);
  const tell = (status: string, current?: number, total?: number) => emit?.({ type: 'transfer', id: label, label, status, current, total });
  tell('Preparing');
  const upload = async (descriptor: Descriptor, read: () => AsyncIterable<Uint8Array>): Promise<Descriptor> => {
    const sent = await uploadBlob(client, repository, {
      ...descriptor,
      read,
      signal,
      onProgress: (bytes) => tell('Pushing', bytes, descriptor.size),
    });
    tell(sent ? 'Pushed' : 'Layer already exists');
    return descriptor;
  };
  if (named !== undefined && isCompressed(named)) {
    if (await hasBlob(client, repository, { digest: named.digest, signal })) {
      tell('Layer already exists');
      return named;
    }
    if ((await content.size(named.digest)) === undefined) await layer.index({ signal }); // fetches what is elsewhere
    if ((await content.size(named.digest)) === named.size) return await upload(named, () => content.read(named.digest, { signal }));
  }
  const known = await memory.recall(diffId);
  if (known !== undefined && (await hasBlob(client, repository, { digest: known.digest, signal }))) {
    tell('Layer already exists');
    return known;
  }
  await using compressed = await gzipLayer(layer, { dir: temporary, signal });
  await memory.remember(diffId, compressed.descriptor);
  return await upload(compressed.descriptor, compressed.read);
}

const isCompressed = ({ mediaType }: Descriptor): boolean => /gzip$|zstd$/.test(mediaType);

async function pushBytes(
  descriptor: Descriptor,
  bytes: Uint8Array,
  repository: Repository,
  { client, signal }: PushOptions,
): Promise<void> {
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytes;
  }
  await uploadBlob(client, repository, { ...descriptor, read, signal });
}

interface ManifestOptions extends PushOptions {
  readonly repository: Repository;
  readonly tag: string;
}

/** OCI distribution-spec, Pushing manifests. */
/** @param tag or the digest that the manifest must have */
export async function putManifest(
  descriptor: Descriptor,
  bytes: Uint8Array,
  { client, repository, tag, signal }: ManifestOptions,
): Promise<Descriptor> {
  const what = `the manifest ${repository.path}:${tag}`;
  const response = await client.send(repository, {
    method: 'PUT',
    to: `manifests/${tag}`,
    actions: 'pull,push',
    what,
    headers: { 'content-type': descriptor.mediaType, 'content-length': String(bytes.length) },
    body: () => bytes,
    signal,
  });
  if (response.statusCode !== 201 && response.statusCode !== 200)
    throw await registryFailure(response, { host: apiHost(repository.host), what });
  discard(response);
  const stored = response.headers['docker-content-digest'];
  if (stored !== undefined && stored !== digestOf(bytes))
    throw new VarveError('BLOB_MISMATCH', `Expected the registry to store ${descriptor.digest}, it says ${JSON.stringify(stored)}`);
  return descriptor;
}
