import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { VarveError } from '@varve/core';
import { type Abortable, type Digest, digestOf, isDigest, MEDIA_TYPES } from '@varve/core/image';
import { apiHost } from '../hosts/registry-host.ts';
import { readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';

export interface FetchedManifest {
  readonly bytes: Uint8Array;
  /** As the registry says, without parameters. */
  readonly mediaType: string | undefined;
  readonly digest: Digest;
}

/** The specification asks registries for 4 MiB at least. */
const MANIFEST_LIMIT = 8 << 20;
const ACCEPT = [MEDIA_TYPES.index, MEDIA_TYPES.manifest, MEDIA_TYPES.dockerList, MEDIA_TYPES.dockerManifest].join(', ');

/**
 * A manifest or an index by tag or digest (OCI distribution-spec, Pulling manifests).
 * @throws VarveError `IMAGE_UNKNOWN`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function fetchManifest(
  client: Requester,
  repository: Repository,
  { tag, signal }: Abortable & { /** Or a digest. */ readonly tag: string },
): Promise<FetchedManifest> {
  const what = `${repository.path}${isDigest(tag) ? '@' : ':'}${tag}`;
  const request = { method: 'GET', to: `manifests/${tag}`, actions: 'pull', what, headers: { accept: ACCEPT }, signal } as const;
  const { bytes, response } = await client.receive(repository, request, async (response) => {
    if (response.statusCode !== 200)
      throw await registryFailure(response, { host: apiHost(repository.host), what, missing: 'IMAGE_UNKNOWN' });
    return { response, bytes: decoded(await readBody(response, MANIFEST_LIMIT), response) };
  });
  const digest = digestOf(bytes);
  for (const expected of [tag, String(response.headers['docker-content-digest'] ?? '')])
    if (isDigest(expected) && expected !== digest)
      throw new VarveError('BLOB_MISMATCH', `Expected the manifest ${expected} of ${what}, found ${digest}`);
  return { bytes, digest, mediaType: response.headers['content-type']?.split(';', 1)[0]?.trim() };
}

/** Something between here and the registry may have compressed the answer. */
function decoded(bytes: Buffer, { headers }: IncomingMessage): Uint8Array {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return bytes;
  try {
    if (encoding === 'gzip') return gunzipSync(bytes, { maxOutputLength: MANIFEST_LIMIT });
  } catch (cause) {
    throw new VarveError('REGISTRY_ANSWER', 'Expected a manifest in gzip, found something else', { cause });
  }
  throw new VarveError('REGISTRY_ANSWER', `Expected a manifest as it is or in gzip, found content-encoding ${JSON.stringify(encoding)}`);
}
