import { type CopyStep, type FrontendRequest, VarveError } from '@varve/core';
import { isImagePlace } from '@varve/core/image';
import { row } from './history.ts';
import { type LoweredBase, type NamedBase, scratchBase } from './lower-base.ts';
import { isEmptyContext } from './stage-names.ts';

/** Places that would have to be fetched. */
const REMOTE = /^(?:https?|git|ssh|target|input):|^git@/;

/**
 * A stage that starts from a named context that is a directory has its files as the first layer, and no config; `docker-image://scratch` is
 * nothing at all. `undefined`: it is an image.
 *
 * @throws VarveError `FRONTEND_UNSUPPORTED`
 */
export function contextBase({ from, ref, platform }: NamedBase, request: FrontendRequest): LoweredBase | undefined {
  const { contexts } = request;
  if (isEmptyContext(contexts, ref)) return scratchBase(platform, request);
  const place = Object.hasOwn(contexts, ref) ? contexts[ref] : undefined;
  if (place === undefined || isImagePlace(place)) return undefined;
  const { source, text: title } = from;
  if (REMOTE.test(place)) {
    const hint = `Fetch it first, then give its directory: --build-context ${ref}=<directory>`;
    throw new VarveError('FRONTEND_UNSUPPORTED', `a stage can start from a directory or an image, not from ${place}`, { source, hint });
  }
  const context = { kind: 'context', name: ref } as const;
  const copy: CopyStep = {
    kind: 'copy',
    title,
    source,
    history: row(`FROM ${ref}`),
    inputs: [context],
    from: context,
    sources: [{ kind: 'path', path: '/' }],
    dest: '/',
  };
  return { ...scratchBase(platform, request), steps: [copy] };
}
