import {
  childPath,
  createPatternMatcher,
  type FileTree,
  type NodeEntry,
  type PatternMatcher,
  type PatternResults,
} from '@varve/core/archive';
import type { Picked } from './pick-sources.ts';
import type { Listed } from './placed-files.ts';

export interface Found {
  /** Below what was picked; empty for that itself. */
  readonly path: string;
  readonly entry: NodeEntry;
  /** Where the tree lists it; absent for what was picked. */
  readonly listed?: Listed | undefined;
}

/** What `--exclude` says, in the syntax of ignore files, or `undefined` where it says nothing. @throws VarveError `PATTERN_INVALID` */
export function readExcludes(patterns: readonly string[] | undefined): PatternMatcher | undefined {
  const matcher = createPatternMatcher(patterns ?? []);
  return matcher.isEmpty ? undefined : matcher;
}

/**
 * Everything that is copied for one source, depth-first and sorted; symlinks are not followed. Patterns are relative to what was picked
 * where that is a directory, to its name where it is a file, and to the path that is kept with `--parents`.
 */
export function* walkPicked(tree: FileTree, picked: Picked, exclude: PatternMatcher | undefined): Generator<Found, void, undefined> {
  const { entry, kept, name } = picked;
  if (exclude === undefined) return yield* walkAll(tree, { path: '', entry });
  const start = kept?.path ?? (entry.type === 'directory' ? '' : name);
  const results = start === '' ? undefined : resultsOf(exclude, start);
  yield* walkMatched(tree, { path: '', entry }, { exclude, matchPath: start, results });
}

/** Without recursion: a generator in a generator for each directory costs more than the look-ups. Of a directory the next file alone is made. */
function* walkAll(tree: FileTree, start: Found): Generator<Found, void, undefined> {
  yield start;
  const levels = [levelOf(tree, start)];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { directory, path } = level;
    const name = level.names[level.next++];
    if (name === undefined) {
      levels.pop();
      continue;
    }
    const entry = tree.get(childPath(directory, name));
    if (entry === undefined) continue;
    const found: Found = { path: childPath(path, name), entry, listed: { directory, name } };
    yield found;
    if (entry.type === 'directory') levels.push(levelOf(tree, found));
  }
}

interface Level {
  readonly path: string;
  readonly directory: string;
  readonly names: readonly string[];
  next: number;
}

const levelOf = (tree: FileTree, { path, entry }: Found): Level => ({
  path,
  directory: entry.path,
  names: entry.type === 'directory' ? tree.list(entry.path) : [],
  next: 0,
});

interface Matching {
  readonly exclude: PatternMatcher;
  /** What patterns are compared with. */
  readonly matchPath: string;
  readonly results: PatternResults | undefined;
}

/** A directory that is excluded is there all the same when something in it was taken back. */
function* walkMatched(tree: FileTree, found: Found, { exclude, matchPath, results }: Matching): Generator<Found, void, undefined> {
  const { entry, path } = found;
  const isOut = results?.matched ?? false;
  if (!isOut) yield found;
  if (entry.type !== 'directory' || (isOut && !exclude.mayReincludeBelow(matchPath))) return;
  let isMissing = isOut;
  for (const name of tree.list(entry.path)) {
    const child = tree.get(childPath(entry.path, name));
    if (child === undefined) continue;
    const childMatch = childPath(matchPath, name);
    const below = { exclude, matchPath: childMatch, results: exclude.matchBelow(childMatch, results) };
    for (const one of walkMatched(tree, { path: childPath(path, name), entry: child, listed: { directory: entry.path, name } }, below)) {
      if (isMissing) yield found;
      isMissing = false;
      yield one;
    }
  }
}

function resultsOf(exclude: PatternMatcher, path: string): PatternResults {
  let results: PatternResults | undefined;
  let at = '';
  for (const name of path.split('/')) {
    at = childPath(at, name);
    results = exclude.matchBelow(at, results);
  }
  return results as PatternResults; // a path has at least one component
}
