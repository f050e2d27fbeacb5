import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import { type Abortable, type Descriptor, type Digest, MEDIA_TYPES, parseDescriptor } from '@varve/core/image';
import { discard, readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { referrersTag } from '../push/add-referrer.ts';
import { nextPage } from './pages.ts';

const PAGE_LIMIT = 10 << 20;
/** A registry that has more pages than this gives them for ever. */
const MOST_PAGES = 1000;

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
  const ask = async (to: string | URL) =>
    await client.receive(endpoint, { method: 'GET', to, actions: 'pull', what, headers, signal }, async (response) => {
      if (response.statusCode === 200)
        return { page: referrersIn(await readBody(response, PAGE_LIMIT), what), next: nextPage(response, origin) };
      if (!isUnknown(response)) throw await registryFailure(response, { host: endpoint.api, what });
      discard(response);
      return undefined;
    });
  const seen = new Set<string>();
  let found = (await ask(`referrers/${digest}${query}`)) ?? (await ask(`manifests/${referrersTag(digest)}`));
  for (let pages = 0; found !== undefined && pages < MOST_PAGES; pages++) {
    const fresh = found.page.filter((referrer) => !seen.has(referrer.digest));
    for (const referrer of fresh) {
      seen.add(referrer.digest);
      if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer; // not every registry filters
    }
    found = fresh.length === 0 || found.next === undefined ? undefined : await ask(found.next);
  }
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
