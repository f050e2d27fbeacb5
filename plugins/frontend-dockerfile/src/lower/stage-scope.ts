import type { BuildWarning, SourceRange, TreeRef } from '@varve/core';
import type { ExpansionBudget } from '../expand/budget.ts';
import { type ExpandOptions, type Expansion, expandWord, expandWords } from '../expand/expand-word.ts';
import type { ExpandedWord } from '../lint/lint-rule.ts';
import type { Suggester } from '../lint/suggester.ts';
import { heredocContent } from '../parser/heredoc.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import type { Heredoc } from '../parser/syntax-node.ts';
import type { GlobalArguments } from './build-arguments.ts';
import type { StageState } from './stage-state.ts';

/** What all stages of a build share. */
export interface BuildScope {
  readonly globals: GlobalArguments;
  /** `--build-arg`. */
  readonly args: Readonly<Record<string, string>>;
  /** Those of them that name proxies, as environment. */
  readonly proxies: readonly string[];
  /** Names that some ARG asks for; filled while included text is read. */
  readonly asked: Set<string>;
  readonly expansion: ExpandOptions;
  /** For everything that could grow faster than the file. */
  readonly budget: ExpansionBudget;
  readonly suggester: Suggester;
  warn(warning: BuildWarning): void;
}

/** What the lowering of instructions may ask, one after the other. Errors get the place of the one that is lowered. */
export interface StageScope {
  readonly build: BuildScope;
  readonly state: StageState;
  /** Of the instruction. */
  readonly source: SourceRange;
  /** Goes on to an instruction. The list fills with what is expanded for it. */
  begin(source: SourceRange): readonly ExpandedWord[];
  expand(word: string): string;
  expandWords(word: string): readonly string[];
  /** A heredoc's content: quotes in it are text, and it may be left alone. */
  expandDocument(document: Heredoc): string;
  /** What `--from=` means here. */
  tree(from: string): TreeRef;
  fail(message: string, hint?: string): never;
}

interface ScopeParts {
  readonly build: BuildScope;
  readonly state: StageState;
  tree(from: string, source: SourceRange): TreeRef;
}

const NONE: ExpandedWord['unknown'] = [];
const NOWHERE: SourceRange = { file: '', startLine: 0, endLine: 0 };

/** Made once for many instructions: making one for each would cost as much as lowering it. */
export function createScope({ build, state, tree }: ScopeParts): StageScope {
  let expansions: ExpandedWord[] = [];
  let source = NOWHERE;
  const { expansion } = build;
  const record = (word: string, { value, unmatched }: Expansion, words?: readonly string[]): string => {
    expansions.push({ word, value, words, unknown: unmatched.length === 0 ? NONE : unknownNames(unmatched, { state, build }) });
    return value;
  };
  return {
    build,
    state,
    get source() {
      return source;
    },
    begin(place) {
      source = place;
      expansions = [];
      return expansions;
    },
    tree: (from) => tree(from, source),
    expand: (word) => record(word, expandWord(word, state, expansion)),
    expandWords(word) {
      const expanded = expandWords(word, state, expansion);
      record(word, expanded, expanded.words);
      return expanded.words;
    },
    expandDocument(document) {
      const content = heredocContent(document);
      const options = { ...expansion, escapeCharacter: undefined, ignoreQuotes: true };
      return document.expand ? record(content, expandWord(content, state, options)) : content;
    },
    fail(message, hint) {
      throw syntaxError(message, source, hint);
    },
  };
}

/** An argument that is declared but has no value is known all the same. */
function unknownNames(unmatched: readonly string[], { state, build }: Pick<ScopeParts, 'state' | 'build'>): ExpandedWord['unknown'] {
  const unknown = unmatched.filter((name) => !state.hasArg(name));
  return unknown.map((name) => ({ name, similar: build.suggester.suggest(name, () => state.names()) }));
}
