import { type ContentStore, type Emit, VarveError } from '@varve/core';
import {
  type Abortable,
  choosePlatform,
  type Descriptor,
  type DiffID,
  type Digest,
  foreignImage,
  hexOf,
  type Image,
  type ImageManifest,
  isDigest,
  MEDIA_TYPES,
  type Platform,
  parseConfigFile,
  parseManifest,
  quote,
} from '@varve/core/image';
import type { Repository } from '../http/requester.ts';
import { retryingIn } from '../http/retry.ts';
import { fetchSmallBlob } from './fetch-blob.ts';
import { type FetchedManifest, fetchManifest, headManifest } from './fetch-manifest.ts';
import { type RemoteLayerOptions, remoteLayer } from './remote-layer.ts';

const CONFIG_LIMIT = 8 << 20;
/** Index in index in index: nobody needs more. */
export const DEPTH = 4;

export interface PullOptions extends Abortable, RemoteLayerOptions {
  /** What is here needs not be fetched. */
  readonly content: Pick<ContentStore, 'size' | 'readAll'>;
  readonly platform: Platform;
  /** Media type of a configuration that is taken beside those of images. */
  readonly artifact?: string | undefined;
}

/**
 * The image that a tag or digest names, for a platform: manifest and configuration are read and verified, layers when somebody asks.
 * @throws VarveError `IMAGE_UNKNOWN`, `IMAGE_INVALID`, `IMAGE_PLATFORM`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function pullImage(repository: Repository, tag: string, options: PullOptions): Promise<Image> {
  const { bytes: manifestBytes, manifest, digest } = await chosenManifest(repository, tag, options);
  if (![MEDIA_TYPES.config, MEDIA_TYPES.dockerConfig, options.artifact].includes(manifest.config.mediaType))
    throw new VarveError('IMAGE_INVALID', `Expected an image, found an artifact of the type ${quote(manifest.config.mediaType)}`);
  const configBytes = await smallBlob(repository, manifest.config, options);
  const { diff_ids: diffIds } = parseConfigFile(configBytes).rootfs;
  if (diffIds.length !== manifest.layers.length)
    throw new VarveError('IMAGE_INVALID', `Expected ${diffIds.length} layers in the manifest, found ${manifest.layers.length}`);
  const layers = manifest.layers.map((descriptor, i) => remoteLayer(repository, descriptor, { ...options, diffId: diffIds[i] as DiffID })); // same length
  return foreignImage({ configBytes, manifestBytes, manifestMediaType: manifest.mediaType, digest, layers });
}

interface Chosen {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly manifest: ImageManifest;
}

async function smallBlob(repository: Repository, { digest, size }: Descriptor, options: PullOptions): Promise<Uint8Array> {
  const { client, content, signal, emit } = options;
  const here = await readHere(content, digest);
  return here ?? (await fetchSmallBlob(client, repository, { digest, size, signal, limit: CONFIG_LIMIT, onRetry: waiting(emit, digest) }));
}

/** That it waits before it asks again is told of what is no layer, too. */
export const waiting =
  (emit: Emit | undefined, name: string) =>
  (wait: number): void =>
    emit?.({ type: 'transfer', id: name, label: isDigest(name) ? hexOf(name).slice(0, 12) : name, status: retryingIn(wait) });

/** By the digest that a tag means now: a manifest that is here already is not asked for. */
export async function findManifest(
  repository: Repository,
  tag: string,
  { client, content, signal, emit }: Pick<PullOptions, 'client' | 'content' | 'signal' | 'emit'>,
): Promise<FetchedManifest> {
  const onRetry = waiting(emit, tag);
  const digest = isDigest(tag) ? tag : (await headManifest(client, repository, { tag, signal, onRetry }))?.digest;
  if (digest === undefined) return await fetchManifest(client, repository, { tag, signal, onRetry });
  const here = await readHere(content, digest);
  if (here !== undefined) return { bytes: here, digest, mediaType: undefined };
  try {
    return await fetchManifest(client, repository, { tag: digest, signal, onRetry });
  } catch (failure) {
    if (digest === tag || !VarveError.is(failure) || failure.code !== 'IMAGE_UNKNOWN') throw failure;
    return await fetchManifest(client, repository, { tag, signal, onRetry }); // not every registry knows a manifest by its digest
  }
}

/** A blob that is here and whole. One that is damaged, or goes away meanwhile, is fetched like any other. */
export async function readHere(content: PullOptions['content'], digest: Digest): Promise<Uint8Array | undefined> {
  if ((await content.size(digest)) === undefined) return undefined;
  return await content.readAll(digest).catch((failure: unknown) => {
    if (VarveError.is(failure) && failure.code.startsWith('BLOB_')) return undefined;
    throw failure;
  });
}

async function chosenManifest(repository: Repository, tag: string, options: PullOptions): Promise<Chosen> {
  let wanted = tag;
  let promised: Descriptor | undefined;
  for (let depth = 0; depth <= DEPTH; depth++) {
    const { bytes, digest, mediaType } = await findManifest(repository, wanted, options);
    if (promised !== undefined && promised.size !== bytes.length)
      throw new VarveError('BLOB_MISMATCH', `Expected ${promised.size} bytes of ${promised.digest}, found ${bytes.length}`);
    const manifest = parseManifest(bytes, knownType(mediaType) ?? promised?.mediaType);
    if (manifest.kind === 'image') return { bytes, digest, manifest };
    promised = choosePlatform(manifest.manifests, options.platform);
    wanted = promised.digest;
  }
  throw new VarveError('IMAGE_INVALID', `Indexes are nested more than ${DEPTH} deep`);
}

/** Static servers and old proxies say `application/json` or `text/plain`; the body then speaks for itself. */
export const knownType = (mediaType: string | undefined): string | undefined =>
  mediaType?.startsWith('application/vnd.') ? mediaType : undefined;
