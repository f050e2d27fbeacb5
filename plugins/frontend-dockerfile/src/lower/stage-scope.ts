import { type BuildWarning, type SourceRange, type TreeRef, VarveError } from '@varve/core';
import { type ExpandOptions, expandWord, expandWords } from '../expand/expand-word.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import type { GlobalArguments } from './build-arguments.ts';
import type { StageState } from './stage-state.ts';

/** What all stages of a build share. */
export interface BuildScope {
  readonly globals: GlobalArguments;
  /** `--build-arg`. */
  readonly args: Readonly<Record<string, string>>;
  readonly expansion: ExpandOptions;
  warn(warning: BuildWarning): void;
}

/** What the lowering of one instruction may ask. Errors get the instruction's place. */
export interface StageScope {
  readonly build: BuildScope;
  readonly state: StageState;
  readonly source: SourceRange;
  expand(word: string): string;
  expandWords(word: string): readonly string[];
  /** What `--from=` means here. */
  tree(from: string): TreeRef;
  fail(message: string, hint?: string): never;
  unsupported(what: string): never;
}

interface ScopeParts {
  readonly build: BuildScope;
  readonly state: StageState;
  readonly source: SourceRange;
  tree(from: string): TreeRef;
}

export function createScope({ build, state, source, tree }: ScopeParts): StageScope {
  return {
    build,
    state,
    source,
    tree,
    expand: (word) => expandWord(word, state, build.expansion).value,
    expandWords: (word) => expandWords(word, state, build.expansion).words,
    fail(message, hint) {
      throw syntaxError(message, source, hint);
    },
    unsupported(what) {
      throw new VarveError('FRONTEND_UNSUPPORTED', `${what} is not supported`, { source });
    },
  };
}
