import type { Abortable } from '@varve/core/image';
import type { Requester } from '../http/requester.ts';
import { listPages } from './pages.ts';

/** Repositories of a registry, as far as it tells, in its order. @throws VarveError `REGISTRY_…` */
export async function* listCatalog(
  requester: Requester,
  host: string,
  { signal }: Abortable = {},
): AsyncGenerator<string, void, undefined> {
  const request = {
    to: '_catalog?n=1000',
    actions: '*',
    scopes: ['registry:catalog:*'],
    what: `the catalogue of ${host}`,
    member: 'repositories',
    signal,
  };
  for await (const page of listPages(requester, { host, path: '' }, request)) yield* page;
}
