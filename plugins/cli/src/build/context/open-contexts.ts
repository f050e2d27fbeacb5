import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildRequest, type Host, VarveError } from '@varve/core';
import { isImagePlace } from '@varve/core/image';
import { type FetchPlaceOptions, fetchDirectory, isRemote } from './fetch-place.ts';

type Contexts = NonNullable<BuildRequest['contexts']>;

const TARGET = /^target:/;

/** Named contexts as directories and references: what is elsewhere is fetched, each place once. @throws VarveError `CONTEXT_…` */
export async function openContexts(contexts: Contexts, options: FetchPlaceOptions): Promise<Contexts> {
  const opened = new Map<string, string>();
  for (const [name, place] of Object.entries(contexts)) {
    if (isImagePlace(place) || TARGET.test(place) || opened.has(place)) continue;
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory()) continue;
    if (!isRemote(place)) throw notFound(name, place);
    opened.set(place, await fetchDirectory(place, options));
  }
  return Object.fromEntries(Object.entries(contexts).map(([name, place]) => [name, opened.get(place) ?? place]));
}

function notFound(name: string, place: string): VarveError {
  const isThere = statSync(place, { throwIfNoEntry: false }) !== undefined;
  const why = isThere ? `${place}: not a directory` : `stat ${place}: no such file or directory`;
  return new VarveError('CONTEXT_INVALID', `failed to get build context ${name}: ${why}`, {
    hint: 'It may be a directory, docker-image://<name>, oci-layout://<directory>, target:<stage>, or the address of a git repository or a tar.',
  });
}

/**
 * Contexts that are a stage of the same file (`target:<stage>`): that stage is built first, and the image put where the others are. Stages
 * may not stand for each other.
 */
export async function buildTargets(
  request: BuildRequest,
  host: Host,
  { places }: Pick<FetchPlaceOptions, 'places'>,
): Promise<BuildRequest> {
  const all = Object.entries(request.contexts ?? {});
  const others = Object.fromEntries(all.filter(([, place]) => !TARGET.test(place)));
  const built: Record<string, string> = {};
  for (const [name, place] of all.filter(([, place]) => TARGET.test(place))) {
    const dest = join(places.make(), 'image');
    const output = { type: 'oci', dest, attributes: { tar: 'false' } };
    await host.build({
      ...request,
      target: place.replace(TARGET, ''),
      contexts: others,
      labels: {},
      annotations: {},
      platformAnnotations: {},
      indexAnnotations: {},
      outputs: [output],
    });
    built[name] = `oci-layout:${dest}`;
  }
  return { ...request, contexts: { ...others, ...built } };
}
