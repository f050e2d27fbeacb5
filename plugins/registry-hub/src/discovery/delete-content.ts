import { VarveError } from '@varve/core';
import { type Abortable, type Digest, isDigest } from '@varve/core/image';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';

/**
 * Deletes a manifest with all of its tags, or where the registry offers that, a tag alone (OCI distribution-spec, Content Management).
 * @throws VarveError `IMAGE_UNKNOWN`, `REGISTRY_REFUSED` where it does not offer it, `REGISTRY_…`
 */
export async function deleteManifest(
  client: Requester,
  repository: Repository,
  { tag, signal }: Abortable & { readonly tag: string },
): Promise<void> {
  const what = `${repository.path}${isDigest(tag) ? '@' : ':'}${tag}`;
  const hint = isDigest(tag)
    ? 'The registry has to allow that: docker’s does with storage.delete.enabled.'
    : 'The registry deletes no tags: delete the manifest by its digest, which takes all of its tags away.';
  await remove(client, repository, { to: `manifests/${tag}`, what, missing: 'IMAGE_UNKNOWN', hint, signal });
}

/** Deletes a blob; what still needs it is broken then. @throws VarveError `BLOB_UNKNOWN`, `REGISTRY_REFUSED`, `REGISTRY_…` */
export async function deleteBlob(
  client: Requester,
  repository: Repository,
  { digest, signal }: Abortable & { readonly digest: Digest },
): Promise<void> {
  const what = `the blob ${digest} of ${repository.path}`;
  await remove(client, repository, {
    to: `blobs/${digest}`,
    what,
    missing: 'BLOB_UNKNOWN',
    hint: 'The registry has to allow that.',
    signal,
  });
}

interface Removal extends Abortable {
  readonly to: string;
  readonly what: string;
  readonly missing: 'IMAGE_UNKNOWN' | 'BLOB_UNKNOWN';
  readonly hint: string;
}

async function remove(client: Requester, repository: Repository, { to, what, missing, hint, signal }: Removal): Promise<void> {
  const endpoint = await client.hosts.registry(repository);
  const response = await client.send(endpoint, { method: 'DELETE', to, actions: 'delete', what, signal });
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return discard(response);
  const failure = await registryFailure(response, { host: endpoint.api, what, missing });
  if (status !== 405 && status !== 400 && status !== 501) throw failure;
  throw new VarveError(failure.code, failure.message, { cause: failure, hint });
}
