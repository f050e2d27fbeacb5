import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import { type Abortable, type Descriptor, type Digest, MEDIA_TYPES, parseDescriptor } from '@varve/core/image';
import { discard, readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { referrersTag } from '../push/add-referrer.ts';
import { nextPage, PAGE_LIMIT, type Page, readPages } from './pages.ts';

/** A manifest that belongs to another one: a signature, a bill of materials. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string | undefined;
}

export interface ReferrersRequest extends Abortable {
  readonly digest: Digest;
  /** Only those of this type. */
  readonly artifactType?: string | undefined;
}

/**
 * What belongs to a manifest (OCI distribution-spec, Listing Referrers), or where the registry cannot say so, what is listed under the tag
 * that stands in for it.
 * @throws VarveError `REGISTRY_…`
 */
export async function* listReferrers(
  client: Requester,
  repository: Repository,
  { digest, artifactType, signal }: ReferrersRequest,
): AsyncGenerator<Referrer, void, undefined> {
  const endpoint = await client.hosts.registry(repository);
  const origin = await client.origin(endpoint, { signal });
  const what = `the referrers of ${digest} in ${repository.path}`;
  const headers = { accept: MEDIA_TYPES.index };
  const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
  const askFor = async (to: string | URL): Promise<Page<Referrer> | undefined> =>
    await client.receive(endpoint, { method: 'GET', to, actions: 'pull', what, headers, signal }, async (response) => {
      if (response.statusCode === 200) {
        const body = await readBody(response, PAGE_LIMIT);
        return { entries: referrersIn(body, what), next: nextPage(response, origin), size: body.length };
      }
      if (!isUnknown(response)) throw await registryFailure(response, { host: endpoint.api, what });
      discard(response);
      return undefined;
    });
  const ask = async (to: URL | undefined) =>
    to === undefined
      ? ((await askFor(`referrers/${digest}${query}`)) ?? (await askFor(`manifests/${referrersTag(digest)}`)))
      : await askFor(to);
  for await (const referrer of readPages({ ask, keyOf: (one) => one.digest, what }))
    if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer; // not every registry filters
}

/** A registry of before version 1.1 of the specification has no such address, in whatever words it says so. */
const isUnknown = ({ statusCode = 0 }: IncomingMessage): boolean => [400, 404, 405, 501].includes(statusCode);

function referrersIn(body: Buffer, what: string): readonly Referrer[] {
  let list: unknown;
  try {
    list = (JSON.parse(body.toString('utf8')) as Record<string, unknown> | null)?.manifests;
  } catch {
    // told below
  }
  if (!Array.isArray(list)) throw new VarveError('REGISTRY_ANSWER', `Expected ${what} as an index, found something else`);
  return list.map((entry) => {
    const descriptor = parseDescriptor(entry, 'referrers');
    const { artifactType } = entry as { readonly artifactType?: unknown }; // an object: it was read
    return { ...descriptor, artifactType: typeof artifactType === 'string' ? artifactType : undefined };
  });
}
