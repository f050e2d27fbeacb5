import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { RegistryRequest, Repository, Requester } from '../http/requester.ts';

const PAGE_LIMIT = 10 << 20;
/** A registry that has more pages than this gives them for ever. */
const MOST_PAGES = 10_000;

export interface ListRequest extends Abortable {
  readonly to: string;
  readonly actions: string;
  readonly scopes?: readonly string[];
  readonly what: string;
  /** Member of a page that has the entries. */
  readonly member: string;
  readonly missing?: 'IMAGE_UNKNOWN' | undefined;
}

/**
 * A list that comes in pages (OCI distribution-spec, Listing Tags): the registry says where the next one is, on its own host.
 * @throws VarveError `IMAGE_UNKNOWN`, `REGISTRY_…`
 */
export async function* listPages(
  requester: Requester,
  place: Repository,
  request: ListRequest,
): AsyncGenerator<readonly string[], void, undefined> {
  const { actions, scopes, what, member, missing, signal } = request;
  const origin = await requester.origin(place, { signal });
  const seen = new Set<string>();
  let to: string | URL | undefined = request.to;
  for (let pages = 0; to !== undefined && pages < MOST_PAGES; pages++) {
    const common: RegistryRequest = { method: 'GET', to, actions, what, signal, ...(scopes && { scopes }) };
    const { names, next }: Page = await requester.receive(place, common, async (response) => {
      if (response.statusCode !== 200) throw await registryFailure(response, { host: place.host, what, missing });
      return { names: namesIn(await readBody(response, PAGE_LIMIT), { member, what }), next: nextPage(response, origin) };
    });
    const fresh = names.filter((name) => !seen.has(name));
    for (const name of fresh) seen.add(name);
    yield fresh;
    to = fresh.length === 0 ? undefined : next; // a page that is repeated leads nowhere
  }
}
interface Page {
  readonly names: readonly string[];
  readonly next: URL | undefined;
}

function namesIn(body: Buffer, { member, what }: Pick<ListRequest, 'member' | 'what'>): readonly string[] {
  try {
    const list = (JSON.parse(body.toString('utf8')) as Record<string, unknown>)[member] ?? [];
    if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
  } catch {
    // told below
  }
  throw new VarveError('REGISTRY_ANSWER', `Expected ${what} as a list in "${member}", found something else`);
}

/** RFC 8288. */
export function nextPage({ headers }: IncomingMessage, origin: string): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(String(headers.link ?? ''))?.[1];
  if (target === undefined || !URL.canParse(target, origin)) return undefined;
  const url = new URL(target, origin);
  return url.origin === origin ? url : undefined;
}
