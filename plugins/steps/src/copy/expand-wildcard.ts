import { childPath, type FileTree, Glob, resolvePath } from '@varve/core/archive';
import { joinEntry } from './join-entry.ts';

/** Whether a path has a star, question mark or class that is not escaped. */
export const hasWildcard = (path: string): boolean => /^(?:[^\\]|\\.)*?[*?[]/s.test(path);

/** What a path without wildcards names: `\x` is x. */
export const withoutEscapes = (path: string): string => path.replace(/\\(.)/gs, '$1');

/**
 * The paths below `from` that a pattern matches, sorted. Symlinks are followed as far as the pattern's beginning has no wildcard; what a
 * pattern matches is not looked into for more.
 *
 * @throws VarveError `PATTERN_INVALID`
 */
export function expandWildcard(tree: FileTree, pattern: string, from = ''): readonly string[] {
  const parts = pattern.split('/');
  const fixed = parts.findIndex(hasWildcard);
  const base = resolvePath(tree, joinEntry(from, withoutEscapes(parts.slice(0, fixed).join('/')))).path;
  const rest = parts.slice(fixed);
  return rest.some((part) => part.includes('**')) ? matchDeep(tree, base, rest.join('/')) : matchParts(tree, base, rest);
}

function matchParts(tree: FileTree, dir: string, [part = '', ...rest]: readonly string[]): readonly string[] {
  const glob = new Glob(part);
  const found = tree.list(dir).filter((name) => glob.matches(name));
  const paths = found.map((name) => childPath(dir, name));
  if (rest.length === 0) return paths;
  return paths.filter((path) => tree.get(path)?.type === 'directory').flatMap((path) => matchParts(tree, path, rest));
}

function matchDeep(tree: FileTree, dir: string, pattern: string): readonly string[] {
  const glob = new Glob(pattern, { doubleStar: true });
  const matchIn = (path: string): readonly string[] =>
    tree.list(path).flatMap((name) => {
      const child = childPath(path, name);
      return glob.matches(dir === '' ? child : child.slice(dir.length + 1)) ? [child] : matchIn(child);
    });
  return matchIn(dir);
}
