import { type Emit, type LayerStore, VarveError } from '@varve/core';
import {
  type Abortable,
  asLayerID,
  choosePlatform,
  type Descriptor,
  type DiffID,
  foreignImage,
  hexOf,
  type Image,
  type ImageManifest,
  type Layer,
  lazyLayer,
  MEDIA_TYPES,
  ociLayerType,
  type Platform,
  parseConfigFile,
  parseManifest,
} from '@varve/core/image';
import type { Repository, Requester } from '../http/requester.ts';
import { fetchBlob, fetchSmallBlob } from './fetch-blob.ts';
import { fetchManifest } from './fetch-manifest.ts';

const CONFIG_LIMIT = 8 << 20;
/** Index in index in index: nobody needs more. */
const DEPTH = 4;

export interface PullOptions extends Abortable {
  readonly client: Requester;
  readonly layers: LayerStore;
  readonly platform: Platform;
  readonly emit?: Emit | undefined;
  /** Media type of a configuration that is taken beside those of images. */
  readonly artifact?: string | undefined;
}

/**
 * The image that a tag or digest names, for a platform: manifest and configuration are read and verified, layers when somebody asks.
 * @throws VarveError `IMAGE_UNKNOWN`, `IMAGE_INVALID`, `IMAGE_PLATFORM`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function pullImage(repository: Repository, tag: string, options: PullOptions): Promise<Image> {
  const { client, signal } = options;
  const { bytes: manifestBytes, manifest } = await chosenManifest(repository, tag, options);
  if (![MEDIA_TYPES.config, MEDIA_TYPES.dockerConfig, options.artifact].includes(manifest.config.mediaType))
    throw new VarveError('IMAGE_INVALID', `Expected an image, found an artifact of the type ${JSON.stringify(manifest.config.mediaType)}`);
  const configBytes = await fetchSmallBlob(client, repository, { ...manifest.config, signal, limit: CONFIG_LIMIT });
  const { diff_ids: diffIds } = parseConfigFile(configBytes).rootfs;
  if (diffIds.length !== manifest.layers.length)
    throw new VarveError('IMAGE_INVALID', `Expected ${diffIds.length} layers in the manifest, found ${manifest.layers.length}`);
  const layers = manifest.layers.map((descriptor, i) => remoteLayer(repository, descriptor, { ...options, diffId: diffIds[i] as DiffID })); // same length
  return foreignImage({ configBytes, manifestBytes, manifestMediaType: manifest.mediaType, layers });
}

interface Chosen {
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest;
}

async function chosenManifest(repository: Repository, tag: string, { client, platform, signal }: PullOptions): Promise<Chosen> {
  let wanted = tag;
  let promised: Descriptor | undefined;
  for (let depth = 0; depth <= DEPTH; depth++) {
    const { bytes, mediaType } = await fetchManifest(client, repository, { tag: wanted, signal });
    if (promised !== undefined && promised.size !== bytes.length)
      throw new VarveError('BLOB_MISMATCH', `Expected ${promised.size} bytes of ${promised.digest}, found ${bytes.length}`);
    const manifest = parseManifest(bytes, knownType(mediaType) ?? promised?.mediaType);
    if (manifest.kind === 'image') return { bytes, manifest };
    promised = choosePlatform(manifest.manifests, platform);
    wanted = promised.digest;
  }
  throw new VarveError('IMAGE_INVALID', `Indexes are nested more than ${DEPTH} deep`);
}

/** Static servers and old proxies say `application/json` or `text/plain`; the body then speaks for itself. */
const knownType = (mediaType: string | undefined): string | undefined =>
  mediaType?.startsWith('application/vnd.') ? mediaType : undefined;

interface LayerOptions extends PullOptions {
  readonly diffId: DiffID;
}

function remoteLayer(repository: Repository, descriptor: Descriptor, { client, layers, diffId, emit }: LayerOptions): Layer {
  const stored: Descriptor = { mediaType: ociLayerType(descriptor.mediaType), digest: descriptor.digest, size: descriptor.size };
  const tell = (status: string, current?: number) =>
    emit?.({ type: 'transfer', id: stored.digest, label: hexOf(stored.digest).slice(0, 12), status, current, total: stored.size });
  return lazyLayer({
    diffId,
    stored,
    async fetch(options) {
      const here = await layers.get(asLayerID(diffId));
      if (here !== undefined && (await here.diffId(options)) === diffId) {
        tell('Already exists');
        return here;
      }
      tell('Pulling fs layer', 0);
      const source = fetchBlob(client, repository, {
        ...stored,
        signal: options?.signal,
        onProgress: (bytes) => tell('Downloading', bytes),
      });
      const layer = await layers.ingest(source, { ...stored, diffId, signal: options?.signal });
      tell('Pull complete', stored.size);
      return layer;
    },
  });
}
