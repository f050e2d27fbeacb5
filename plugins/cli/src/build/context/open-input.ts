import { statSync } from 'node:fs';
import { type BuildSource, type Invocation, VarveError } from '@varve/core';
import { textOf, usageError } from '@varve/core/command';
import { Looks } from '../../repeat/looks.ts';
import { findFetchedSource, findSource, STDIN, textSource } from '../find-source.ts';
import { type FetchPlaceOptions, fetchPlace, isRemote } from './fetch-place.ts';
import { printablePlace } from './printable-place.ts';
import { readStream, readText, type StreamedContext } from './read-stream.ts';

/** What is built, and from what. */
export interface Input {
  readonly source: BuildSource;
  readonly context: string | undefined;
  /** Seconds since 1970: of a commit, of an archive. */
  readonly contextTime?: number | undefined;
  /** Of a directory and a build file of this host: what was looked at to find it. */
  readonly looks?: Looks | undefined;
}
/** `stdin` is opened when it is asked for, which most builds do not. */
type Given = Pick<Invocation, 'positionals' | 'values' | 'stdin'>;

/** @throws VarveError `USAGE`, `SOURCE_…`, `CONTEXT_…` */
export async function openInput(given: Given, options: FetchPlaceOptions): Promise<Input> {
  const [place = '.'] = given.positionals;
  const file = textOf(given.values, 'file') || undefined;
  if (place === '-' && file === '-') throw usageError("invalid argument: can't use stdin for both build context and dockerfile");
  const separate = file === undefined ? undefined : await separateSource(file, given, options);
  if (place === '-') {
    const streamed = await readStream(given.stdin, options);
    return await inStreamed(streamed, { file, separate, shown: STDIN });
  }
  if (isDirectory(place)) {
    const looks = separate === undefined ? new Looks() : undefined;
    return { source: separate ?? findSource(place, file, looks), context: place, looks };
  }
  if (!isRemote(place)) throw notFound(place);
  const streamed = await fetchPlace(place, options);
  return await inStreamed(streamed, { file, separate, shown: printablePlace(place) });
}

/** A build file that has nothing to do with the context: from stdin, or from a server. */
async function separateSource(file: string, given: Given, options: FetchPlaceOptions): Promise<BuildSource | undefined> {
  if (file === '-') return textSource(await readText(given.stdin));
  if (!/^https?:\/\//.test(file)) return undefined;
  const fetched = await fetchPlace(file, options);
  if ('text' in fetched) return textSource(fetched.text, printablePlace(file));
  throw new VarveError('SOURCE_MISSING', `failed to read dockerfile: ${printablePlace(file)} is no text`);
}

interface Wanted {
  readonly file: string | undefined;
  readonly separate: BuildSource | undefined;
  /** Where the stream came from. */
  readonly shown: string;
}

async function inStreamed(streamed: StreamedContext, { file, separate, shown }: Wanted): Promise<Input> {
  if ('directory' in streamed)
    return {
      source: separate ?? (await findFetchedSource(streamed.directory, file)),
      context: streamed.directory,
      contextTime: streamed.time,
    };
  if (streamed.text === '' && shown === STDIN)
    throw new VarveError(
      'SOURCE_EMPTY',
      `Expected a build file or a tar on stdin, which is empty: the Dockerfile (${shown}) cannot be empty`,
    );
  if (file !== undefined)
    throw usageError(`ambiguous Dockerfile source: both ${shown === STDIN ? 'stdin' : shown} and flag correspond to Dockerfiles`);
  return { source: textSource(streamed.text, shown), context: undefined };
}

const isDirectory = (place: string): boolean => statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;

function notFound(place: string): VarveError {
  const isThere = statSync(place, { throwIfNoEntry: false }) !== undefined;
  const what = isThere ? `path ${JSON.stringify(place)} is not a directory` : `path ${JSON.stringify(place)} not found`;
  return new VarveError('CONTEXT_INVALID', `unable to prepare context: ${what}`, {
    hint: isThere
      ? 'The build file is named with -f: varve build -f <file> <directory>'
      : 'A context is a directory, - for stdin, or the address of a git repository, a tar or a Dockerfile.',
  });
}
