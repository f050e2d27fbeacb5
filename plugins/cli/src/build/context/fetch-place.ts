import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseGitPlace } from './git-place.ts';
import { printablePlace } from './printable-place.ts';
import { readStream, type StreamedContext } from './read-stream.ts';
import type { TemporaryPlaces } from './temporary-places.ts';

export interface FetchPlaceOptions {
  readonly places: TemporaryPlaces;
  readonly keepGitDir: boolean;
  readonly signal: AbortSignal;
  /** Something is fetched now. */
  tell(line: string): void;
}

const URL_PLACE = /^https?:\/\//;

/** Whether a context is a repository or a file that a server has. */
export const isRemote = (place: string): boolean => URL_PLACE.test(place) || parseGitPlace(place) !== undefined;

/** A repository's files, an archive's, or a text. @throws VarveError `CONTEXT_…` */
export async function fetchPlace(place: string, { places, keepGitDir, signal, tell }: FetchPlaceOptions): Promise<StreamedContext> {
  tell(`Fetching ${printablePlace(place)}`);
  const git = parseGitPlace(place);
  if (git !== undefined) {
    const { fetchGit } = await import('./fetch-git.ts'); // loaded when first needed, as what speaks http
    return await fetchGit(git, { directory: places.make(), keepGitDir: keepGitDir || git.keepGitDir === true, signal });
  }
  const { fetchUrl } = await import('./fetch-url.ts');
  let modified: number | undefined;
  const stream = fetchUrl(place, { signal, modified: (seconds) => (modified = seconds) });
  const streamed = await readStream(stream, { places, signal });
  return 'directory' in streamed ? { ...streamed, time: modified ?? streamed.time } : streamed;
}

/** The same as a directory: a text is the one file in it. */
export async function fetchDirectory(place: string, options: FetchPlaceOptions): Promise<string> {
  const fetched = await fetchPlace(place, options);
  if ('directory' in fetched) return fetched.directory;
  const directory = join(options.places.make(), 'files');
  mkdirSync(directory);
  writeFileSync(join(directory, nameOf(place)), fetched.text);
  return directory;
}

function nameOf(place: string): string {
  const name = basename(new URL(place).pathname);
  return /^[^%/\0]+$/.test(name) && !/^\.{1,2}$/.test(name) ? name : 'index';
}
