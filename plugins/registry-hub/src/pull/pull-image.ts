import { type ContentStore, VarveError } from '@varve/core';
import {
  type Abortable,
  choosePlatform,
  type Descriptor,
  type DiffID,
  type Digest,
  foreignImage,
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

async function smallBlob(repository: Repository, descriptor: Descriptor, { client, content, signal }: PullOptions): Promise<Uint8Array> {
  const here = await readHere(content, descriptor.digest);
  return here ?? (await fetchSmallBlob(client, repository, { ...descriptor, signal, limit: CONFIG_LIMIT }));
}

/** By the digest that a tag means now: a manifest that is here already is not asked for. */
export async function findManifest(
  repository: Repository,
  tag: string,
  { client, content, signal }: Pick<PullOptions, 'client' | 'content' | 'signal'>,
): Promise<FoundManifest> {
  const digest = isDigest(tag) ? tag : (await headManifest(client, repository, { tag, signal }))?.digest;
  if (digest === undefined) return await fetchManifest(client, repository, { tag, signal });
  const here = await readHere(content, digest);
  if (here !== undefined) return { bytes: here, digest, mediaType: undefined };
  try {
    return await fetchManifest(client, repository, { tag: digest, signal });
  } catch (failure) {
    if (digest === tag || !VarveError.is(failure) || failure.code !== 'IMAGE_UNKNOWN') throw failure;
    return await fetchManifest(client, repository, { tag, signal }); // not every registry knows a manifest by its digest
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
type FoundManifest = FetchedManifest;

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
