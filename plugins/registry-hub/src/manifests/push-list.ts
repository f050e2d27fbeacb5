import { VarveError } from '@varve/core';
import {
  type Abortable,
  type Descriptor,
  digestOf,
  type ImageManifest,
  type ImageReference,
  parseManifest,
  parseReference,
} from '@varve/core/image';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { fetchBlob } from '../pull/fetch-blob.ts';
import { fetchManifest } from '../pull/fetch-manifest.ts';
import { uploadBlob } from '../push/upload-blob.ts';
import { type ListedManifest, type ManifestList, serializeList } from './manifest-list.ts';
import { tagOf } from './read-manifests.ts';

export interface PushListOptions extends Abortable {
  /** Told of each manifest that is there. */
  readonly onPushed?: ((reference: string) => void) | undefined;
}

/**
 * Brings a list into a registry, after all that it names: manifests and blobs of other repositories, also of other registries, come along.
 * @throws VarveError `BLOB_…`, `IMAGE_…`, `REGISTRY_…`
 */
export async function pushList(
  requester: Requester,
  list: ManifestList,
  { signal, onPushed }: PushListOptions,
): Promise<Pick<Descriptor, 'digest' | 'size'>> {
  const to = parseReference(list.name);
  for (const listed of list.manifests) {
    await bringManifest(requester, listed, { to, signal });
    onPushed?.(`${to.name}@${listed.digest}`);
  }
  const { bytes, mediaType } = serializeList(list);
  await putManifest(requester, to, { tag: tagOf(to), bytes, mediaType, signal });
  return { digest: digestOf(bytes), size: bytes.length };
}

async function bringManifest(
  requester: Requester,
  { ref, digest, mediaType }: ListedManifest,
  { to, signal }: Abortable & { readonly to: ImageReference },
): Promise<void> {
  const from = parseReference(ref);
  const { bytes } = await fetchManifest(requester, from, { tag: digest, signal });
  if (from.name === to.name) return;
  const manifest = parseManifest(bytes, mediaType);
  if (manifest.kind === 'image') for (const blob of blobsOf(manifest)) await bringBlob(requester, blob, { from, to, signal });
  await putManifest(requester, to, { tag: digest, bytes, mediaType, signal });
}

const blobsOf = ({ config, layers }: ImageManifest): readonly Descriptor[] => [
  ...new Map([config, ...layers].map((blob) => [blob.digest, blob])).values(),
];

/** Where the registry can give a blob to another of its repositories, no byte of it moves. */
async function bringBlob(
  requester: Requester,
  { digest, size }: Descriptor,
  { from, to, signal }: Abortable & { readonly from: Repository; readonly to: Repository },
): Promise<void> {
  if (from.host === to.host && (await mounted(requester, digest, { from, to, signal }))) return;
  const read = () => fetchBlob(requester, from, { digest, size, signal });
  await uploadBlob(requester, to, { digest, size, signal, read });
}

/** OCI distribution-spec, Mounting a blob from another repository. */
async function mounted(
  requester: Requester,
  digest: string,
  { from, to, signal }: Abortable & { readonly from: Repository; readonly to: Repository },
): Promise<boolean> {
  const response = await requester.send(to, {
    method: 'POST',
    to: `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from.path)}`,
    actions: 'pull,push',
    scopes: [`repository:${from.path}:pull`],
    what: `the blob ${digest} of ${to.path}`,
    headers: { 'content-length': '0' },
    signal,
  });
  discard(response);
  if (response.statusCode === 202) await cancelUpload(requester, to, { location: response.headers.location, signal });
  return response.statusCode === 201;
}

/** The registry began an upload instead. That it may go on to wait for it is no failure of ours. */
async function cancelUpload(
  requester: Requester,
  to: Repository,
  { location = '', signal }: Abortable & { readonly location?: string | undefined },
): Promise<void> {
  const origin = await requester.origin(to, { signal });
  const url = URL.canParse(location, origin) ? new URL(location, origin) : undefined;
  if (url?.origin !== origin) return;
  const request = { method: 'DELETE', to: url, actions: 'pull,push', what: 'an upload', retry: false, signal } as const;
  await requester.send(to, request).then(discard, (failure: unknown) => {
    signal?.throwIfAborted();
    if (!VarveError.is(failure)) throw failure;
  });
}

interface Putting extends Abortable {
  readonly tag: string;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

async function putManifest(requester: Requester, repository: Repository, { tag, bytes, mediaType, signal }: Putting): Promise<void> {
  const what = `the manifest ${repository.path}:${tag}`;
  const headers = { 'content-type': mediaType, 'content-length': String(bytes.length) };
  const response = await requester.send(repository, {
    method: 'PUT',
    to: `manifests/${tag}`,
    actions: 'pull,push',
    what,
    headers,
    body: () => bytes,
    signal,
  });
  if (response.statusCode !== 201 && response.statusCode !== 200) throw await registryFailure(response, { host: repository.host, what });
  discard(response);
  const stored = response.headers['docker-content-digest'];
  if (stored !== undefined && stored !== digestOf(bytes))
    throw new VarveError('BLOB_MISMATCH', `Expected the registry to store ${digestOf(bytes)}, it says ${JSON.stringify(stored)}`);
}
