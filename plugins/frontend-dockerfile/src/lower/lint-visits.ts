import type { FrontendRequest } from '@varve/core';
import { createPatternMatcher, type PatternMatcher } from '@varve/core/archive';
import { type ExpandOptions, expandWord } from '../expand/expand-word.ts';
import type { Dockerfile } from '../instructions/instruction.ts';
import type { FromVisit, InstructionVisit } from '../lint/lint-rule.ts';
import type { Linter } from '../lint/linter.ts';
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
}

/** Shows the rules each FROM, up to one that cannot be read: the build ends there. */
export function lintFrom({ globals: args, stages }: Dockerfile, { linter, globals, expansion }: FromLint): void {
  if (!linter.asks('from')) return;
  const declared = [...new Set([...globals.keys(), ...args.flatMap(({ declarations }) => declarations.map(({ name }) => name))])];
  for (const { from } of stages) {
    const visit = orNothing((): FromVisit => {
      const image = expandWord(from.image, globals, expansion);
      const platform = from.platform === undefined ? undefined : expandWord(from.platform, globals, expansion);
      return { from, image, platform, declared, globals };
    });
    if (visit === undefined) return;
    linter.ask('from', visit);
  }
}

/** Whether a path is hidden, for a rule. Patterns that cannot be read hide nothing here: whoever walks the context says what is wrong. */
export function ignoredPaths(patterns: readonly string[]): InstructionVisit['isIgnored'] {
  if (patterns.some((pattern) => pattern.startsWith('!'))) return () => undefined;
  let matcher: PatternMatcher | undefined;
  return (path) => {
    if (patterns.length === 0 || path.startsWith('/')) return false;
    return orNothing(() => {
      matcher ??= createPatternMatcher(patterns);
      return matcher.matches(path);
    });
  };
}

/** Rules are asked before the walk that fails with the same mistake, and tells of it. */
function orNothing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
