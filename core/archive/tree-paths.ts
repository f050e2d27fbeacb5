import { VarveError } from '../src/errors.ts';
import { readContent } from './content.ts';
import type { NodeEntry } from './entry.ts';
import type { FileTree } from './file-tree.ts';
import { childPath, parentOf } from './paths.ts';

/** As in Linux (path_resolution(7)). */
const MAX_LINKS = 40;

export interface ResolvedPath {
  /** Without symlinks, as far as there are any files; the rest as asked for. */
  readonly path: string;
  readonly exists: boolean;
  /** What is there. */
  readonly entry: NodeEntry | undefined;
}

/**
 * Follows the symlinks of a path inside a tree; the last component too unless `followLast` is false. Absolute links start at the tree's
 * root, `..` stops there. Missing components are allowed.
 *
 * @throws VarveError `PATH_LOOP` after 40 links
 */
export function resolvePath(tree: FileTree, path: string, { followLast = true }: { readonly followLast?: boolean } = {}): ResolvedPath {
  const pending = partsOf(path);
  let resolved = '';
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '..') {
      resolved = parentOf(resolved);
      continue;
    }
    const next = childPath(resolved, name);
    const entry = tree.get(next);
    if (entry?.type !== 'symlink' || (pending.length === 0 && !followLast)) resolved = next;
    else {
      if (++links > MAX_LINKS) throw loop(path);
      if (entry.target.startsWith('/')) resolved = '';
      pending.push(...partsOf(entry.target));
    }
  }
  const entry = tree.get(resolved);
  return { path: resolved, exists: entry !== undefined, entry };
}

/** Components still to walk, the next one last. */
const partsOf = (path: string): string[] =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();

const loop = (path: string): VarveError =>
  new VarveError('PATH_LOOP', `"${path}" leads through more than ${MAX_LINKS} symlinks`, {
    hint: 'A symlink probably leads back to itself',
  });

/** The entry at exactly `path` and everything below it, depth-first, sorted; symlinks are not followed. Nothing if there is no entry. */
export function* walk(tree: FileTree, path: string): Generator<NodeEntry, void, undefined> {
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const entry = tree.get(next);
    if (entry === undefined) continue;
    yield entry;
    if (entry.type !== 'directory') continue;
    const names = tree.list(next);
    for (let i = names.length - 1; i >= 0; i--) pending.push(childPath(next, names[i] ?? ''));
  }
}

/**
 * The bytes of a file, symlinks followed; `undefined` if there is no file. Opens the tree.
 *
 * @throws VarveError `FILE_TOO_LARGE` beyond `limit` bytes, `PATH_LOOP`, `SOURCE_CHANGED`
 */
export async function readFile(tree: FileTree, path: string, limit: number): Promise<Buffer | undefined> {
  const { entry } = resolvePath(tree, path);
  if (entry?.type !== 'file') return undefined;
  if (entry.size > limit) {
    throw new VarveError('FILE_TOO_LARGE', `"${path}" has ${entry.size} bytes, expected at most ${limit}`);
  }
  await tree.open();
  return readContent(tree.content(entry));
}
