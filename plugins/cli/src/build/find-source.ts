import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { type BuildSource, VarveError } from '@varve/core';
import { DirectoryTree, readFile as readInTree, resolvePath } from '@varve/core/archive';
import { rememberText } from '@varve/core/command';
import { Looks } from '../repeat/looks.ts';

const NAMES = ['Dockerfile', 'Containerfile', 'dockerfile'];
/** As messages call it. */
export const STDIN = '<stdin>';
/** Bytes of a build file. */
const LARGEST = 16 << 20;

/**
 * The build file of a directory that is here: the one that is named (looked for from here, then in the directory), or its own. What was
 * looked at on the way to it is added to `looks`, and what stands beside it when it is asked for.
 * @throws VarveError `SOURCE_MISSING`
 */
export function findSource(context: string, named: string | undefined, looks: Looks = new Looks()): BuildSource {
  const candidates = named === undefined ? NAMES.map((name) => join(context, name)) : [named, join(context, named)];
  const file = candidates.find((path) => looks.at(path));
  if (file === undefined) throw missing(named, context);
  if (statSync(file).isDirectory())
    throw new VarveError('SOURCE_MISSING', `failed to read dockerfile: read ${shownPath(file)}: is a directory`);
  return fileSource(file, looks);
}

function fileSource(file: string, looks: Looks): BuildSource {
  return {
    file: shownPath(file),
    // At once: it is small, and Node's promises for files take longer to load than it takes to read.
    text: async () => readFileSync(file, 'utf8'),
    beside: async (suffix) => (looks.at(file + suffix) ? readFileSync(file + suffix, 'utf8') : undefined),
  };
}

/** Below this directory the short way to it, elsewhere as it was given. */
function shownPath(file: string): string {
  const short = relative('.', file);
  return short.startsWith('..') ? file : short;
}

/**
 * The build file of a context that came from elsewhere, which may not lead out of it, also not by a symlink. An absolute path is a file of
 * this host.
 * @throws VarveError `SOURCE_MISSING`, `SOURCE_OUTSIDE`
 */
export async function findFetchedSource(context: string, named: string | undefined): Promise<BuildSource> {
  if (named !== undefined && isAbsolute(named)) return findSource(context, named);
  if (named !== undefined && /^\.\.(?:\/|$)/.test(join(named)))
    throw new VarveError('SOURCE_OUTSIDE', `the Dockerfile (${named}) must be within the build context`, {
      hint: 'Give an absolute path for a file of this host, or -f - for stdin.',
    });
  const tree = new DirectoryTree(context);
  const isFile = (path: string) => resolvePath(tree, path).entry?.type === 'file';
  const path = (named === undefined ? NAMES : [named]).find(isFile);
  if (path === undefined) throw missing(named, context);
  const read = async (name: string) => (await readInTree(tree, name, LARGEST))?.toString('utf8');
  const text = (await read(path)) ?? '';
  rememberText(path, text);
  return { file: path, text: async () => text, beside: (suffix) => read(path + suffix) };
}

/** A build file that is no file. @throws VarveError `SOURCE_EMPTY` */
export function textSource(text: string, file: string = STDIN): BuildSource {
  if (text.trim() === '') throw new VarveError('SOURCE_EMPTY', `the Dockerfile (${file}) cannot be empty`);
  rememberText(file, text);
  return { file, text: async () => text };
}

function missing(named: string | undefined, context: string): VarveError {
  const similar = similarFiles(context).filter((name) => name !== named);
  return new VarveError('SOURCE_MISSING', `failed to read dockerfile: open ${named ?? 'Dockerfile'}: no such file or directory`, {
    hint:
      similar.length === 0
        ? 'Name it with -f, and give the directory that it is built from: varve build -f <file> <directory>'
        : `Name the one that is meant with -f: ${similar.join(', ')}`,
  });
}

/** Files that are called as build files are, in the directory and those right below it. */
function similarFiles(context: string): readonly string[] {
  const folders = ['', ...list(context, (entry) => entry.isDirectory() && !/^(?:\.git|node_modules)$/.test(entry.name))].slice(0, 100);
  return folders
    .flatMap((folder) => list(join(context, folder), (entry) => entry.isFile() && isCalledSo(entry.name)).map((name) => join(folder, name)))
    .slice(0, 5);
}

const isCalledSo = (name: string): boolean =>
  /^(?:docker|container)file(?:[.-].*)?$|\.(?:docker|container)file$/i.test(name) && !name.endsWith('ignore');

function list(directory: string, isMeant: (entry: { readonly name: string; isFile(): boolean; isDirectory(): boolean }) => boolean) {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries
      .filter(isMeant)
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // only for a hint
  }
}
