import type { IncomingMessage } from 'node:http';
import { type Emit, VarveError } from '@varve/core';
import { type Abortable, algorithmOf, type Descriptor, digestOf, isDigest, MEDIA_TYPES, quote } from '@varve/core/image';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { waiting } from '../pull/pull-image.ts';
import { addReferrer, subjectOf } from './add-referrer.ts';

export interface ManifestPush extends Abortable {
  readonly client: Requester;
  readonly repository: Repository;
  /** Or the digest that the manifest must have. */
  readonly tag: string;
  readonly emit?: Emit | undefined;
}

const OCI: ReadonlySet<string> = new Set([MEDIA_TYPES.manifest, MEDIA_TYPES.index]);

/**
 * Brings a manifest or an index to where its blobs are (OCI distribution-spec, Pushing manifests). One that refers to another is listed
 * with that one, also where the registry does not do so itself.
 * @throws VarveError `REGISTRY_…`, `REGISTRY_FORMAT` where the registry may know no manifests of OCI, `BLOB_MISMATCH`
 */
export async function putManifest(descriptor: Descriptor, bytes: Uint8Array, push: ManifestPush): Promise<Descriptor> {
  const { client, repository, tag } = push;
  const endpoint = await client.hosts.registry(repository);
  const byDigest = algorithmOf(descriptor.digest) === 'sha256' || isDigest(tag) ? undefined : await putByDigest(descriptor, bytes, push);
  const response = byDigest ?? (await put(tag, { descriptor, bytes, ...push }));
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) {
    const failure = await registryFailure(response, { host: endpoint.api, what: nameOf(push) });
    throw OCI.has(descriptor.mediaType) && isOld(status, failure) ? tooOld(failure) : failure;
  }
  discard(response);
  checkStored(response, bytes);
  const subject = subjectOf(bytes);
  if (subject !== undefined && response.headers['oci-subject'] === undefined) await addReferrer(descriptor, bytes, { ...push, subject });
  return descriptor;
}

/**
 * By its tag alone a manifest is called by its sha256. One that has another digest goes under that, and gets the tag on the way where the
 * registry says that it did that (`OCI-Tag`). `undefined`: the tag is still to be set.
 */
async function putByDigest(descriptor: Descriptor, bytes: Uint8Array, push: ManifestPush): Promise<IncomingMessage | undefined> {
  const { digest } = descriptor;
  const response = await put(`${digest}?tag=${encodeURIComponent(push.tag)}`, { descriptor, bytes, ...push });
  const tags = (response.headersDistinct['oci-tag'] ?? []).flatMap((text) => text.split(/,\s*/));
  if (response.statusCode === 201 && tags.includes(push.tag)) return response;
  discard(response); // a registry that knows no such digests has the manifest under its tag, where its bytes are the same
  return undefined;
}

/**
 * Whether a tag means this manifest, by which it needs not be sent. Of one that belongs to another it cannot be told: that is listed there, too.
 * Who cannot say so is sent it.
 */
export async function hasManifest(descriptor: Descriptor, bytes: Uint8Array, push: ManifestPush): Promise<boolean> {
  const { client, repository, tag, signal } = push;
  if (subjectOf(bytes) !== undefined) return false;
  try {
    const headers = { accept: descriptor.mediaType };
    const request = { method: 'HEAD', to: `manifests/${tag}`, actions: 'pull,push', what: nameOf(push), headers, signal } as const;
    const response = await client.send(repository, { ...request, retry: false });
    discard(response);
    const { 'docker-content-digest': digest, 'content-type': mediaType } = response.headers;
    return response.statusCode === 200 && digest === descriptor.digest && mediaType === descriptor.mediaType;
  } catch (failure) {
    signal?.throwIfAborted();
    if (VarveError.is(failure)) return false;
    throw failure;
  }
}

const nameOf = ({ repository: { path }, tag }: ManifestPush): string => `the manifest ${path}${isDigest(tag) ? '@' : ':'}${tag}`;

interface Putting extends ManifestPush {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const put = async (to: string, { client, repository, descriptor, bytes, signal, tag, emit }: Putting): Promise<IncomingMessage> =>
  await client.send(repository, {
    method: 'PUT',
    to: `manifests/${to}`,
    actions: 'pull,push',
    what: nameOf({ client, repository, tag }),
    headers: { 'content-type': descriptor.mediaType, 'content-length': String(bytes.length) },
    body: () => bytes,
    onRetry: waiting(emit, tag),
    signal,
  });

/** Registries may call what they got by a digest of another algorithm than we do. @throws VarveError `BLOB_MISMATCH` */
function checkStored({ headers }: IncomingMessage, bytes: Uint8Array): void {
  const stored = headers['docker-content-digest'];
  if (stored === undefined) return;
  const expected = digestOf(bytes, typeof stored === 'string' && isDigest(stored) ? algorithmOf(stored) : 'sha256');
  if (stored !== expected) throw new VarveError('BLOB_MISMATCH', `Expected the registry to store ${expected}, it says ${quote(stored)}`);
}

const isOld = (status: number, { message }: VarveError): boolean =>
  status === 415 || (status === 400 && /MANIFEST_INVALID|UNSUPPORTED/.test(message));

const tooOld = (failure: VarveError): VarveError =>
  new VarveError('REGISTRY_FORMAT', failure.message, {
    cause: failure,
    hint: 'Registries that are older than OCI’s image format refuse its manifests with these words. `varve push --format v2s2`, or the option "schema2Fallback" of @varve/registry-hub, gives them docker’s.',
  });
