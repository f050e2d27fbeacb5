import type { IncomingMessage } from 'node:http';
import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { readBody } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { RegistryRequest, Repository, Requester } from '../http/requester.ts';

export const PAGE_LIMIT = 10 << 20;
/** A registry that has more than this gives it for ever. */
const MOST_PAGES = 10_000;
const MOST_BYTES = 64 << 20;

export interface Page<T> {
  readonly entries: readonly T[];
  readonly next: URL | undefined;
  /** Bytes of the answer. */
  readonly size: number;
}

interface Paging<T> {
  /** A page, first or next; `undefined`: there is none. */
  ask(to: URL | undefined): Promise<Page<T> | undefined>;
  keyOf(entry: T): string;
  readonly what: string;
}

/**
 * A list that comes in pages, each entry once: a page that is repeated leads nowhere.
 * @throws VarveError `REGISTRY_ANSWER` where it does not end, and what `ask` throws
 */
export async function* readPages<T>({ ask, keyOf, what }: Paging<T>): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  let size = 0;
  let page = await ask(undefined);
  for (let pages = 1; page !== undefined; pages++) {
    size += page.size;
    if (pages > MOST_PAGES || size > MOST_BYTES)
      throw new VarveError(
        'REGISTRY_ANSWER',
        `Expected ${what} in at most ${MOST_PAGES} pages of ${MOST_BYTES} bytes together, found more`,
      );
    const before = seen.size;
    for (const entry of page.entries) {
      const key = keyOf(entry);
      if (seen.has(key)) continue;
      seen.add(key);
      yield entry;
    }
    page = seen.size === before || page.next === undefined ? undefined : await ask(page.next);
  }
}

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
 * Names that come in pages (OCI distribution-spec, Listing Tags): the registry says where the next one is, on its own host.
 * @throws VarveError `IMAGE_UNKNOWN`, `REGISTRY_…`
 */
export async function* listNames(requester: Requester, place: Repository, request: ListRequest): AsyncGenerator<string, void, undefined> {
  const { actions, scopes, what, member, missing, signal } = request;
  const origin = await requester.origin(place, { signal });
  yield* readPages({
    what,
    keyOf: (name) => name,
    async ask(next) {
      const common: RegistryRequest = { method: 'GET', to: next ?? request.to, actions, what, signal, ...(scopes && { scopes }) };
      return await requester.receive(place, common, async (response) => {
        if (response.statusCode !== 200) throw await registryFailure(response, { host: place.host, what, missing });
        const body = await readBody(response, PAGE_LIMIT);
        return { entries: namesIn(body, { member, what }), next: nextPage(response, origin), size: body.length };
      });
    },
  });
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
