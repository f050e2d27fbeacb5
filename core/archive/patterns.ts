import { VarveError } from '../src/errors.ts';
import { Glob } from './glob.ts';
import { ancestors } from './paths.ts';
import { mergeSorted, PatternCandidates } from './pattern-candidates.ts';

/** What the patterns said about a directory: handed on to what lies in it, so that nothing is matched twice on a walk. */
export interface PatternResults {
  readonly matched: boolean;
  /** Which patterns decided about the directory or one above: by number, ascending. */
  readonly decided: readonly number[];
}

/** An ignore file's patterns. Paths are entry paths. */
export interface PatternMatcher {
  /** No path matches. */
  readonly isEmpty: boolean;
  /** Whether the last pattern that matches the path or one of its parents is not a `!` pattern. */
  matches(path: string): boolean;
  /**
   * The same on a walk, as BuildKit walks: `parent` is the result for the directory that holds `path`, absent for what lies in the root. A
   * pattern that could not change the result for a directory is not asked there, and what it would have matched is not known below: with
   * `**\/b` and `!a`, `a/b` is hidden.
   */
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
  return new OrderedPatterns(patterns.flatMap((pattern) => parsePattern(pattern) ?? []));
}

interface Pattern {
  readonly glob: Glob;
  /** A `!` pattern. */
  readonly takesBack: boolean;
}

function parsePattern(text: string): Pattern | undefined {
  const trimmed = text.trim();
  const takesBack = trimmed.startsWith('!');
  const body = takesBack ? trimmed.slice(1).trim() : trimmed;
  if (takesBack && body === '')
    throw new VarveError('PATTERN_INVALID', 'illegal exclusion pattern: "!"', {
      hint: 'What is taken back stands behind the exclamation mark.',
    });
  const cleaned = cleanPattern(body);
  return cleaned === '' ? undefined : { glob: new Glob(cleaned, { doubleStar: true }), takesBack };
}

/** As Go's `filepath.Clean` without a leading slash. A pattern that leaves the root is kept: it matches nothing. */
function cleanPattern(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part === '..' && pattern.startsWith('/')) continue;
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

class OrderedPatterns implements PatternMatcher {
  readonly isEmpty: boolean;
  readonly #patterns: readonly Pattern[];
  readonly #takeBack: readonly Glob[];
  readonly #candidates: PatternCandidates;

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    this.#takeBack = patterns.filter(({ takesBack }) => takesBack).map(({ glob }) => glob);
    this.isEmpty = this.#takeBack.length === patterns.length;
    this.#candidates = new PatternCandidates(patterns.map(({ glob }) => glob.pattern));
  }

  matches(path: string): boolean {
    if (path === '') return false; // as docker: nobody means to ignore everything by its root
    let last = -1;
    for (const each of [path, ...ancestors(path)]) {
      const found = this.#candidates.of(each).findLast((i) => i > last && this.#patterns[i]?.glob.matches(each));
      last = found ?? last;
    }
    return last >= 0 && this.#patterns[last]?.takesBack === false;
  }

  matchBelow(path: string, { decided: above }: PatternResults = UNDECIDED): PatternResults {
    const decided: number[] = [];
    let matched = false;
    for (const i of mergeSorted(above, this.#candidates.of(path))) {
      const pattern = this.#patterns[i];
      if (pattern === undefined) continue;
      const isDecided = above.includes(i);
      if (!isDecided && (pattern.takesBack !== matched || !pattern.glob.matches(path))) continue;
      decided.push(i);
      matched = !pattern.takesBack;
    }
    return { matched, decided };
  }

  mayReincludeBelow(dir: string): boolean {
    return this.#takeBack.some((glob) => glob.mayMatchBelow(dir));
  }
}

const UNDECIDED: PatternResults = { matched: false, decided: [] };
