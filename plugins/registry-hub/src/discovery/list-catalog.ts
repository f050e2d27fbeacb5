import type { Abortable } from '@varve/core/image';
import type { Requester } from '../http/requester.ts';
import { listNames } from './pages.ts';

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
  yield* listNames(requester, { host, path: '' }, request);
}
