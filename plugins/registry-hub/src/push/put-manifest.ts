import { VarveError } from '@varve/core';
import { type Abortable, type Descriptor, digestOf, MEDIA_TYPES } from '@varve/core/image';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { addReferrer, subjectOf } from './add-referrer.ts';

export interface ManifestPush extends Abortable {
  readonly client: Requester;
  readonly repository: Repository;
  /** Or the digest that the manifest must have. */
  readonly tag: string;
}

const OCI: ReadonlySet<string> = new Set([MEDIA_TYPES.manifest, MEDIA_TYPES.index]);

/**
 * Brings a manifest or an index to where its blobs are (OCI distribution-spec, Pushing manifests). One that refers to another is listed
 * with that one, also where the registry does not do so itself.
 * @throws VarveError `REGISTRY_…`, `BLOB_MISMATCH`
 */
export async function putManifest(descriptor: Descriptor, bytes: Uint8Array, push: ManifestPush): Promise<Descriptor> {
  const { client, repository, tag, signal } = push;
  const what = `the manifest ${repository.path}:${tag}`;
  const endpoint = await client.hosts.registry(repository);
  const response = await client.send(endpoint, {
    method: 'PUT',
    to: `manifests/${tag}`,
    actions: 'pull,push',
    what,
    headers: { 'content-type': descriptor.mediaType, 'content-length': String(bytes.length) },
    body: () => bytes,
    signal,
  });
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) {
    const failure = await registryFailure(response, { host: endpoint.api, what });
    throw (status === 400 || status === 415) && OCI.has(descriptor.mediaType) ? tooOld(failure) : failure;
  }
  discard(response);
  const stored = response.headers['docker-content-digest'];
  if (stored !== undefined && stored !== digestOf(bytes))
    throw new VarveError('BLOB_MISMATCH', `Expected the registry to store ${descriptor.digest}, it says ${JSON.stringify(stored)}`);
  const subject = subjectOf(bytes);
  if (subject !== undefined && response.headers['oci-subject'] === undefined) await addReferrer(descriptor, bytes, { ...push, subject });
  return descriptor;
}

const tooOld = (failure: VarveError): VarveError =>
  new VarveError(failure.code, failure.message, {
    cause: failure,
    hint: 'Registries that are older than OCI’s image format refuse its manifests with these words; then only a newer registry helps.',
  });
