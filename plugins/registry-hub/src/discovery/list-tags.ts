import type { Abortable } from '@varve/core/image';
import type { Repository, Requester } from '../http/requester.ts';
import { listNames } from './pages.ts';

/** Tags of a repository, in the registry's order, as they come. @throws VarveError `IMAGE_UNKNOWN`, `REGISTRY_…` */
export async function* listTags(
  requester: Requester,
  repository: Repository,
  { signal }: Abortable = {},
): AsyncGenerator<string, void, undefined> {
  const request = {
    to: 'tags/list?n=1000',
    actions: 'pull',
    what: `the tags of ${repository.path}`,
    member: 'tags',
    missing: 'IMAGE_UNKNOWN',
    signal,
  } as const;
  yield* listNames(requester, repository, request);
}
