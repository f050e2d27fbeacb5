import { VarveError } from '@varve/core';
import {
  type Abortable,
  digestOf,
  formatReference,
  type ImageManifest,
  type ImageReference,
  MEDIA_TYPES,
  parseConfigFile,
  parseManifest,
} from '@varve/core/image';
import type { Requester } from '../http/requester.ts';
import { fetchSmallBlob } from '../pull/fetch-blob.ts';
import { fetchManifest } from '../pull/fetch-manifest.ts';
import type { ListedManifest, ListedPlatform } from './manifest-list.ts';

const CONFIG_LIMIT = 8 << 20;
/** Bytes of the manifests of one index: all of them are held. */
const MOST_BYTES = 64 << 20;

export const tagOf = ({ digest, tag = 'latest' }: ImageReference): string => digest ?? tag;

/** A manifest with the bytes that it was read from, and where. */
export interface ReadManifest {
  readonly listed: ListedManifest;
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest;
}

/** What a name in a registry stands for: one manifest, or each of those that its index names. @throws VarveError `IMAGE_…`, `REGISTRY_…` */
export async function readManifests(requester: Requester, reference: ImageReference, options: Abortable): Promise<readonly ReadManifest[]> {
  const { bytes, mediaType } = await fetchManifest(requester, reference, { tag: tagOf(reference), ...options });
  const manifest = parseManifest(bytes, mediaType?.startsWith('application/vnd.') ? mediaType : undefined);
  if (manifest.kind === 'image') return [await readOne(requester, reference, { bytes, manifest, ...options })];
  const { manifests: entries } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { manifests: readonly { platform?: ListedPlatform }[] };
  const read: ReadManifest[] = [];
  let size = 0;
  for (const [i, { digest }] of manifest.manifests.entries()) {
    const child = await fetchManifest(requester, reference, { tag: digest, ...options });
    size += child.bytes.length;
    if (size > MOST_BYTES)
      throw new VarveError('IMAGE_INVALID', `${formatReference(reference)} names more than ${MOST_BYTES} bytes of manifests`);
    const parsed = parseManifest(child.bytes, manifest.manifests[i]?.mediaType);
    if (parsed.kind !== 'image') throw new VarveError('IMAGE_INVALID', `${formatReference(reference)} is an index of indexes`);
    const one = await readOne(requester, { ...reference, digest }, { bytes: child.bytes, manifest: parsed, ...options });
    const platform = entries[i]?.platform;
    read.push(platform === undefined ? one : { ...one, listed: { ...one.listed, platform } });
  }
  return read;
}

async function readOne(
  requester: Requester,
  reference: ImageReference,
  { bytes, manifest, signal }: Abortable & Pick<ReadManifest, 'bytes' | 'manifest'>,
): Promise<ReadManifest> {
  const platform = await platformOf(requester, reference, { manifest, signal });
  return {
    bytes,
    manifest,
    listed: { mediaType: manifest.mediaType, size: bytes.length, digest: digestOf(bytes), platform, ref: formatReference(reference) },
  };
}

/** Artifacts have no platform. */
async function platformOf(
  requester: Requester,
  reference: ImageReference,
  { manifest, signal }: Abortable & Pick<ReadManifest, 'manifest'>,
): Promise<ListedPlatform> {
  const types: readonly string[] = [MEDIA_TYPES.config, MEDIA_TYPES.dockerConfig];
  if (!types.includes(manifest.config.mediaType)) return { architecture: 'unknown', os: 'unknown' };
  const bytes = await fetchSmallBlob(requester, reference, { ...manifest.config, limit: CONFIG_LIMIT, signal });
  const { os, architecture, variant, ...rest } = parseConfigFile(bytes);
  const { 'os.version': version, 'os.features': features } = rest as Record<string, unknown>;
  return {
    architecture,
    os,
    ...(typeof version === 'string' && { 'os.version': version }),
    ...(Array.isArray(features) && { 'os.features': features.map(String) }),
    ...(variant !== undefined && variant !== '' && { variant }),
  };
}
