import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { discard, readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Requester } from '../http/requester.ts';
import { visibleText } from '../http/visible-text.ts';
import { listCatalog } from './list-catalog.ts';

export interface Found {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly isOfficial: boolean;
}

export interface SearchRequest extends Abortable {
  readonly term: string;
  readonly limit: number;
}

/** Docker Hub answers searches under another name than requests for images. */
const SEARCH_HOST = 'index.docker.io';
const ANSWER_LIMIT = 10 << 20;

/** Repositories of a registry by a part of their names: by its search where it has one, else by its catalogue. @throws VarveError `REGISTRY_…` */
export async function searchRegistry(requester: Requester, host: string, request: SearchRequest): Promise<readonly Found[]> {
  return (await bySearch(requester, host, request)) ?? (await byCatalog(requester, host, request));
}

/** Docker's registry API of version 1, of which nothing but this is left. `undefined`: the registry has none. */
async function bySearch(requester: Requester, host: string, { term, limit, signal }: SearchRequest): Promise<readonly Found[] | undefined> {
  const what = `a search for ${term}`;
  const place = { host: host === 'docker.io' ? SEARCH_HOST : host, path: '' };
  const origin = await requester.origin(place, { signal });
  const to = new URL('/v1/search', origin);
  to.searchParams.set('q', term);
  to.searchParams.set('n', String(limit));
  return await requester.receive(place, { method: 'GET', to, actions: 'pull', what, signal }, async (response) => {
    if (response.statusCode === 404 || response.statusCode === 405) return void discard(response);
    if (response.statusCode !== 200) throw await registryFailure(response, { host, what });
    return resultsIn(await readBody(response, ANSWER_LIMIT), host);
  });
}

function resultsIn(body: Buffer, host: string): readonly Found[] | undefined {
  try {
    const { results } = JSON.parse(body.toString('utf8')) as { readonly results?: unknown };
    if (Array.isArray(results)) return results.flatMap(foundIn);
  } catch {
    return undefined; // a page for people, say
  }
  throw new VarveError('REGISTRY_ANSWER', `Expected a list of results from ${host}, found something else`);
}

function foundIn(value: unknown): readonly Found[] {
  const { name, description, star_count: stars, is_official: isOfficial } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string') return [];
  return [
    {
      name: visibleText(name),
      description: visibleText(String(description ?? ''), 1000),
      stars: Number(stars) || 0,
      isOfficial: isOfficial === true,
    },
  ];
}

async function byCatalog(requester: Requester, host: string, { term, limit, signal }: SearchRequest): Promise<readonly Found[]> {
  const found: Found[] = [];
  for await (const name of listCatalog(requester, host, { signal })) {
    if (found.length >= limit) return found;
    if (name.toLowerCase().includes(term.toLowerCase()))
      found.push({ name: visibleText(name), description: '', stars: 0, isOfficial: false });
  }
  return found;
}
