import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { VarveError } from '@varve/core';
import { type Abortable, algorithmOf, type Digest, digestOf, isDigest, MEDIA_TYPES, quote } from '@varve/core/image';
import { discard, readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { RegistryRequest, Repository, Requester } from '../http/requester.ts';

export interface FetchedManifest {
  readonly bytes: Uint8Array;
  /** As the registry says, without parameters. */
  readonly mediaType: string | undefined;
  /** What was asked for, or what the registry calls it; the bytes were compared with both. */
  readonly digest: Digest;
}

export interface ManifestRequest extends Abortable {
  /** Or a digest. */
  readonly tag: string;
  readonly onRetry?: RegistryRequest['onRetry'];
}

/** The specification asks registries for 4 MiB at least. */
const MANIFEST_LIMIT = 8 << 20;
const ACCEPT = [MEDIA_TYPES.index, MEDIA_TYPES.manifest, MEDIA_TYPES.dockerList, MEDIA_TYPES.dockerManifest].join(', ');

const requestOf = (repository: Repository, { tag, signal, onRetry }: ManifestRequest) =>
  ({
    to: `manifests/${tag}`,
    actions: 'pull',
    what: `${repository.path}${isDigest(tag) ? '@' : ':'}${tag}`,
    headers: { accept: ACCEPT },
    by: isDigest(tag) ? 'digest' : 'tag',
    signal,
    onRetry,
  }) as const;

/**
 * What a tag means now, without its manifest: that spares what registries allow of pulls. `undefined`: it is not said so, and only the
 * manifest itself can tell what there is, or why there is none.
 */
export async function headManifest(
  client: Requester,
  repository: Repository,
  request: ManifestRequest,
): Promise<{ readonly digest: Digest; readonly mediaType: string | undefined; readonly size: number | undefined } | undefined> {
  try {
    return await client.read(repository, { ...requestOf(repository, request), method: 'HEAD', asIs: true }, async (response) => {
      discard(response);
      const digest = String(response.headers['docker-content-digest'] ?? '');
      if (response.statusCode !== 200 || !isDigest(digest)) return undefined;
      const length = Number(response.headers['content-length'] ?? Number.NaN);
      return { digest, mediaType: typeOf(response), size: Number.isSafeInteger(length) ? length : undefined };
    });
  } catch (failure) {
    request.signal?.throwIfAborted();
    if (isBroken(failure)) return undefined; // some proxies cannot do it
    throw failure;
  }
}

const isBroken = (failure: unknown): boolean =>
  VarveError.is(failure) && ['ECONNRESET', 'EPIPE'].includes((failure.cause as NodeJS.ErrnoException | undefined)?.code ?? '');

/**
 * A manifest or an index by tag or digest (OCI distribution-spec, Pulling manifests).
 * @throws VarveError `IMAGE_UNKNOWN`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function fetchManifest(client: Requester, repository: Repository, request: ManifestRequest): Promise<FetchedManifest> {
  const get = { ...requestOf(repository, request), method: 'GET' } as const;
  return await client.read(repository, get, async (response, { api }) => {
    if (response.statusCode !== 200) throw await registryFailure(response, { host: api, what: get.what, missing: 'IMAGE_UNKNOWN' });
    const bytes = decoded(await readBody(response, MANIFEST_LIMIT), response);
    const named = [request.tag, String(response.headers['docker-content-digest'] ?? '')].filter((text) => isDigest(text));
    for (const expected of named) {
      const found = digestOf(bytes, algorithmOf(expected));
      if (found !== expected) throw new VarveError('BLOB_MISMATCH', `Expected the manifest ${expected} of ${get.what}, found ${found}`);
    }
    return { bytes, digest: named[0] ?? digestOf(bytes), mediaType: typeOf(response) };
  });
}

const typeOf = ({ headers }: IncomingMessage): string | undefined => headers['content-type']?.split(';', 1)[0]?.trim();

/** Something between here and the registry may have compressed the answer. */
function decoded(bytes: Buffer, { headers }: IncomingMessage): Uint8Array {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return bytes;
  try {
    if (encoding === 'gzip') return gunzipSync(bytes, { maxOutputLength: MANIFEST_LIMIT });
  } catch (cause) {
    throw new VarveError('REGISTRY_ANSWER', 'Expected a manifest in gzip, found something else', { cause });
  }
  throw new VarveError('REGISTRY_ANSWER', `Expected a manifest as it is or in gzip, found content-encoding ${quote(encoding)}`);
}
