import type { FrontendRequest } from '@varve/core';
import { createPatternMatcher, type PatternMatcher } from '@varve/core/archive';
import { type ExpandOptions, expandWord } from '../expand/expand-word.ts';
import type { Dockerfile } from '../instructions/instruction.ts';
import type { FromVisit, FromWord, InstructionVisit } from '../lint/lint-rule.ts';
import type { Linter } from '../lint/linter.ts';
import type { Suggester } from '../lint/suggester.ts';
import { type GlobalArguments, globalArguments } from './build-arguments.ts';

interface FileLint {
  readonly linter: Linter;
  readonly request: FrontendRequest;
  readonly expansion: ExpandOptions;
}

/** Shows the rules the whole file. */
export function lintFile(dockerfile: Dockerfile, { linter, request, expansion }: FileLint): void {
  if (!linter.asks('file')) return;
  const defaults = orNothing(() => globalArguments(dockerfile, { ...request, args: {} }, expansion));
  linter.ask('file', { dockerfile, defaults, escapeCharacter: dockerfile.escapeCharacter });
}

interface FromLint {
  readonly linter: Linter;
  readonly globals: GlobalArguments;
  readonly expansion: ExpandOptions;
  readonly suggester: Suggester;
}

/** Shows the rules each FROM, up to one that cannot be read: the build ends there. */
export function lintFrom({ globals: args, stages }: Dockerfile, { linter, globals, expansion, suggester }: FromLint): void {
  if (!linter.asks('from')) return;
  const declared = new Set([...globals.keys(), ...args.flatMap(({ declarations }) => declarations.map(({ name }) => name))]);
  const read = (word: string): FromWord => {
    const expanded = expandWord(word, globals, expansion);
    const unknown = expanded.unmatched.filter((name) => !declared.has(name));
    return { ...expanded, unknown: unknown.map((name) => ({ name, similar: suggester.suggest(name, () => [...declared]) })) };
  };
  for (const { from } of stages) {
    const visit = orNothing((): FromVisit => {
      const platform = from.platform === undefined ? undefined : read(from.platform);
      return { from, image: read(from.image), platform, globals };
    });
    if (visit === undefined) return;
    linter.ask('from', visit);
  }
}

const EVERYTHING: readonly string[] = ['*', '**', '**/*'];

/**
 * Whether a path is hidden, for a rule that does not see the files: not where a later exception could be about something at or below it.
 * Patterns that cannot be read hide nothing here: whoever walks the context says what is wrong.
 */
export function ignoredPaths(patterns: readonly string[]): InstructionVisit['isIgnored'] {
  if (patterns.length === 0) return undefined;
  let hiding: PatternMatcher | undefined;
  let read: readonly Pattern[] | undefined;
  /** By any pattern, which is quicker to say than by which. */
  const mayBeHidden = (path: string): boolean => {
    hiding ??= createPatternMatcher(patterns.filter((pattern) => !pattern.startsWith('!')));
    return hiding.matches(path);
  };
  return (path) => {
    if (!isRoot(path) && (path.startsWith('/') || orNothing(() => mayBeHidden(path)) !== true)) return false;
    read ??= orNothing(() => patterns.map(readPattern)) ?? [];
    let isHidden = false;
    for (const { text, takesBack, matcher } of read) {
      if (takesBack) isHidden &&= !matcher.matches(path) && !mayTakeBack(text, path);
      // the context itself has no name that a pattern could mean: `.*` is about what begins with a dot
      else isHidden ||= isRoot(path) ? EVERYTHING.includes(text) : matcher.matches(path);
    }
    return isHidden;
  };
}

interface Pattern {
  readonly text: string;
  readonly takesBack: boolean;
  readonly matcher: PatternMatcher;
}

function readPattern(pattern: string): Pattern {
  const takesBack = pattern.startsWith('!');
  const text = takesBack ? pattern.slice(1) : pattern;
  return { text, takesBack, matcher: createPatternMatcher([text]) };
}

const isRoot = (path: string): boolean => path === '.' || path === '/';

/** Whether an exception could be about something at or below a source, to judge by what stands before their first wildcards. */
function mayTakeBack(pattern: string, source: string): boolean {
  const exception = beforeWildcard(pattern);
  const { place } = beforeWildcard(isRoot(source) ? '' : source);
  return isAtOrBelow(exception.place, place) || (exception.isWild && isAtOrBelow(place, exception.place));
}

function beforeWildcard(pattern: string): { place: string; isWild: boolean } {
  const names = pattern.split('/');
  const wild = names.findIndex((name) => /[*?[]/.test(name));
  const place = (wild < 0 ? names : names.slice(0, wild)).join('/').replace(/\\(.)/g, '$1');
  return { place, isWild: wild >= 0 };
}

const isAtOrBelow = (path: string, dir: string): boolean => dir === '' || path === dir || path.startsWith(`${dir}/`);

/** Rules are asked before the walk that fails with the same mistake, and tells of it. */
function orNothing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
