import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import type { Abortable, Descriptor, Digest } from '@varve/core/image';
import { apiHost } from '../hosts/registry-host.ts';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { Passing, retrying } from '../http/retry.ts';

export interface Upload extends Pick<Descriptor, 'digest' | 'size'>, Abortable {
  /** The bytes from their beginning; called again after a failure. */
  read(): AsyncIterable<Uint8Array>;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Whether a repository has a blob. Registries that cannot say so have not. @throws VarveError `REGISTRY_…` */
export async function hasBlob(
  client: Requester,
  repository: Repository,
  { digest, signal }: Abortable & { readonly digest: Digest },
): Promise<boolean> {
  const what = `the blob ${digest} of ${repository.path}`;
  const request = { method: 'HEAD', to: `blobs/${digest}`, actions: 'pull,push', what, signal } as const;
  const response = await client.send(repository, request).catch((failure: unknown) => {
    if (VarveError.is(failure) && failure.code === 'REGISTRY_FAILED') return undefined;
    throw failure;
  });
  if (response === undefined) return false;
  if (response.statusCode === 403) throw await registryFailure(response, { host: apiHost(repository.host), what });
  discard(response);
  return response.statusCode === 200;
}

/**
 * Brings a blob into a repository in one piece (OCI distribution-spec, POST then PUT); after a failure that may pass, from its beginning, if
 * the registry does not have it by then.
 * @returns `false`: it was there
 * @throws VarveError `REGISTRY_…`
 */
export async function uploadBlob(client: Requester, repository: Repository, upload: Upload): Promise<boolean> {
  const { digest, signal } = upload;
  return await retrying(
    async (attempt) => {
      if (await hasBlob(client, repository, { digest, signal })) return attempt > 0;
      await sendBlob(client, repository, upload);
      return true;
    },
    { ...client.patience, signal },
  );
}

async function sendBlob(client: Requester, repository: Repository, { digest, size, read, onProgress, signal }: Upload): Promise<void> {
  const what = `an upload to ${repository.path}`;
  const host = apiHost(repository.host);
  const common = { actions: 'pull,push', what, signal, retry: false } as const;
  const opened = await passing(
    client.send(repository, { ...common, method: 'POST', to: 'blobs/uploads/', headers: { 'content-length': '0' } }),
  );
  if (opened.statusCode !== 202) throw await registryFailure(opened, { host, what });
  discard(opened);
  const to = withDigest(opened, await client.origin(repository, { signal }), digest);
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    let sent = 0;
    for await (const chunk of read()) {
      yield chunk;
      sent += chunk.length;
      onProgress?.(sent);
    }
  }
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
  const closed = await passing(client.send(repository, { ...common, method: 'PUT', to, headers, body: counted }));
  if (closed.statusCode === 404) throw new Passing(await registryFailure(closed, { host, what })); // the session was forgotten
  if (closed.statusCode !== 201 && closed.statusCode !== 204) throw await registryFailure(closed, { host, what });
  discard(closed);
}

/** Alone, such a request is not to be repeated; the whole upload is. A session that was forgotten meanwhile is a failure of that kind. */
async function passing(answer: Promise<IncomingMessage>): Promise<IncomingMessage> {
  try {
    return await answer;
  } catch (failure) {
    if (VarveError.is(failure) && ['REGISTRY_UNREACHABLE', 'REGISTRY_FAILED', 'REGISTRY_LIMIT'].includes(failure.code))
      throw new Passing(failure);
    throw failure;
  }
}

/** The registry's own address, its query untouched, with the digest added. */
function withDigest({ headers }: IncomingMessage, origin: string, digest: Digest): URL {
  const location = headers.location ?? '';
  if (location === '' || !URL.canParse(location, origin))
    throw new VarveError('REGISTRY_ANSWER', `Expected an address for the upload from ${new URL(origin).host}, found none`);
  const url = new URL(location, origin);
  if (url.protocol !== 'https:' && url.protocol !== new URL(origin).protocol)
    throw new VarveError('REGISTRY_ANSWER', `${new URL(origin).host} wants an upload at ${url.protocol}//${url.host}, which is not safe`);
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  url.username = '';
  url.password = '';
  return url;
}
