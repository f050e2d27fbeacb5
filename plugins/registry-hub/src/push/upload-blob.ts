import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import type { Abortable, Descriptor, Digest } from '@varve/core/image';
import { repositoryScope } from '../auth/scopes.ts';
import type { Endpoint } from '../hosts/endpoint.ts';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { retrying } from '../http/retry.ts';
import { sendBlob } from './send-blob.ts';
import type { SessionMemory } from './session-memory.ts';
import { UploadSession, uploadsFor } from './upload-session.ts';

export interface Upload extends Pick<Descriptor, 'digest' | 'size'>, Abortable {
  /** The bytes from a place on; called again after a failure. */
  read(from: number): AsyncIterable<Uint8Array>;
  /** Repositories of the same registry that have the blob. */
  readonly sources?: readonly Repository[] | undefined;
  /** Bytes of a piece; without it everything goes at once. */
  readonly chunkSize?: number | undefined;
  /** So that another process can go on with the upload. */
  readonly sessions?: SessionMemory | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Told how long it waits before the next try, in milliseconds. */
  readonly onRetry?: ((wait: number) => void) | undefined;
}

export type UploadResult = { readonly kind: 'there' | 'sent' } | { readonly kind: 'mounted'; readonly from: Repository };

/** Whether a repository has a blob. Registries that cannot say so have not. @throws VarveError `REGISTRY_…` */
export async function hasBlob(
  client: Requester,
  repository: Repository | Endpoint,
  { digest, signal, onRetry }: Pick<Upload, 'digest' | 'signal' | 'onRetry'>,
): Promise<boolean> {
  const what = `the blob ${digest} of ${repository.path}`;
  const endpoint = 'api' in repository ? repository : await client.hosts.registry(repository);
  const request = { method: 'HEAD', to: `blobs/${digest}`, actions: 'pull,push', what, signal, onRetry } as const;
  const response = await client.send(endpoint, request).catch((failure: unknown) => {
    if (VarveError.is(failure) && failure.code === 'REGISTRY_FAILED') return undefined;
    throw failure;
  });
  if (response === undefined) return false;
  if (response.statusCode === 403) throw await registryFailure(response, { host: endpoint.api, what });
  discard(response);
  return response.statusCode === 200;
}

/**
 * Brings a blob into a repository (OCI distribution-spec, Pushing blobs): not at all where it is there, from another repository where the
 * registry agrees, else its bytes. After a failure that may pass it looks first whether only the answer was lost.
 * @throws VarveError `REGISTRY_…`, `BLOB_MISMATCH`
 */
export async function uploadBlob(client: Requester, repository: Repository, upload: Upload): Promise<UploadResult> {
  const { digest, signal, onRetry } = upload;
  const endpoint = await client.hosts.registry(repository);
  const origin = await client.origin(endpoint, { signal });
  return await retrying(
    async (attempt) => {
      if (await hasBlob(client, endpoint, { digest, signal, onRetry })) return { kind: attempt > 0 ? 'sent' : 'there' };
      const opened = attempt === 0 ? await mountBlob(client, endpoint, { ...upload, origin }) : undefined;
      if (opened !== undefined && 'from' in opened) return { kind: 'mounted', from: opened.from };
      await sendBlob(client, { ...upload, endpoint, origin, session: opened });
      return { kind: 'sent' };
    },
    { ...client.patience, onRetry, signal },
  );
}

/** As docker: more would cost more than they save. */
const MOST_SOURCES = 3;

export interface MountRequest extends Abortable {
  readonly digest: Digest;
  readonly sources?: readonly Repository[] | undefined;
  readonly origin: string;
  /** Nobody asks in another way: what fails is asked again, and told, unless it is a refusal. */
  readonly isOnly?: boolean | undefined;
}

/** Asks for the blob from other repositories. @returns whose it came from, or the upload that was opened instead, or neither */
export async function mountBlob(
  client: Requester,
  endpoint: Endpoint,
  { digest, sources = [], origin, isOnly = false, signal }: MountRequest,
): Promise<UploadSession | { readonly from: Repository } | undefined> {
  let session: UploadSession | undefined;
  for (const from of sources.filter(({ host, path }) => host === endpoint.host && path !== endpoint.path).slice(0, MOST_SOURCES)) {
    const response = await askToMount(client, endpoint, { digest, from, isOnly, signal });
    if (response === undefined) continue;
    if (response.statusCode === 201) return { from };
    if (response.statusCode !== 202) continue;
    await session?.cancel();
    session = new UploadSession(client, { endpoint, origin, opened: response });
  }
  return session;
}

/** What fails here is asked for in another way: then it is told. */
async function askToMount(
  client: Requester,
  endpoint: Endpoint,
  { digest, from, isOnly, signal }: Abortable & { readonly digest: Digest; readonly from: Repository; readonly isOnly: boolean },
): Promise<IncomingMessage | undefined> {
  try {
    const response = await client.send(endpoint, {
      method: 'POST',
      to: uploadsFor(digest, { mount: digest, from: from.path }),
      actions: 'pull,push',
      scopes: [repositoryScope(from.path, 'pull')],
      what: `the blob ${digest} of ${from.path} for ${endpoint.path}`,
      headers: { 'content-length': '0' },
      signal,
      retry: isOnly,
    });
    discard(response);
    return response;
  } catch (failure) {
    signal?.throwIfAborted();
    if (VarveError.is(failure) && (!isOnly || failure.code === 'REGISTRY_DENIED')) return undefined;
    throw failure;
  }
}
