/** What the patterns said about a directory: handed on to what lies in it, so that nothing is matched twice on a walk. */
export interface PatternResults {
  readonly matched: boolean;
}

/** An ignore file's patterns. Paths are entry paths. */
export interface PatternMatcher {
  /** The patterns have no effect. */
  readonly isEmpty: boolean;
  /** Whether the last pattern that matches the path or one of its parents is not a `!` pattern. */
  matches(path: string): boolean;
  /** The same on a walk: `parent` is the result for the directory that holds `path`, absent for what lies in the root. */
  matchBelow(path: string, parent?: PatternResults): PatternResults;
  /** Whether a `!` pattern may take back something below this directory; if not, a matching directory need not be looked into. */
  mayReincludeBelow(dir: string): boolean;
}

/**
 * Patterns as in `.dockerignore` (moby/patternmatcher): Go's `filepath.Match` and `**`, a leading `!` takes back, the last match decides,
 * and what matches a directory matches everything in it. Blank patterns are left out; comments are the file parser's matter.
 *
 * @throws VarveError `PATTERN_INVALID`
 */
export function createPatternMatcher(patterns: readonly string[]): PatternMatcher {
  throw new Error(`Not written yet ${patterns}`);
}
