import { VarveError } from '@varve/core';
import { type Escape, quote } from '../parser/text.ts';
import { ExpansionBudget } from './budget.ts';
import { expandSimply } from './expand-simply.ts';
import { Expander } from './expander.ts';
import { WordList } from './word-list.ts';

/** Of most words; one list for all of them. */
const NO_NAMES: readonly string[] = [];
const SPECIAL = /[$'"\\`]/;

/** Variables by name; a `Map` is one. */
export interface Environment {
  get(name: string): string | undefined;
}

export interface ExpandOptions {
  /** Of the file: `# escape=`. Default: the backslash. */
  readonly escapeCharacter?: Escape | undefined;
  /** Quotes stay in the result. */
  readonly keepQuotes?: boolean | undefined;
  /** Escape characters stay in the result. */
  readonly keepEscapes?: boolean | undefined;
  /** References to variables that are not set stay as written. */
  readonly keepUnset?: boolean | undefined;
  /** Quotes are ordinary characters. */
  readonly ignoreQuotes?: boolean | undefined;
  /** Shared by everything that one build expands. */
  readonly budget?: ExpansionBudget | undefined;
}

export interface Expansion {
  readonly value: string;
  /** Names that were asked for and are set. */
  readonly matched: readonly string[];
  /** Names that were asked for and are not set, in order of appearance. */
  readonly unmatched: readonly string[];
}

/**
 * Resolves quotes, escapes and variables of one word, and keeps blanks.
 *
 * @throws VarveError `FRONTEND_EXPANSION` for bad syntax and unset `${name:?}`, `FRONTEND_LIMIT` for what would grow without bound
 */
export function expandWord(word: string, env: Environment, options: ExpandOptions = {}): Expansion {
  // most words are plain text: nothing to walk through
  if (!SPECIAL.test(word)) return { value: word, matched: NO_NAMES, unmatched: NO_NAMES };
  return expandSimply(word, env, options) ?? run(word, { env, options });
}

/** The same, but blanks that were not quoted, also those in the values of variables, separate words. */
export function expandWords(
  word: string,
  env: Environment,
  options: ExpandOptions = {},
): Expansion & { readonly words: readonly string[] } {
  const words = new WordList();
  return { ...run(word, { env, options, words }), words: words.finish() };
}

interface Walk {
  readonly env: Environment;
  readonly options: ExpandOptions;
  /** Filled on the way. */
  readonly words?: WordList;
}

function run(word: string, { env, options, words }: Walk): Expansion {
  const expander = new Expander(word, env, { ...options, budget: options.budget ?? new ExpansionBudget() });
  try {
    const value = expander.run(words);
    return { value, matched: [...expander.matched], unmatched: [...expander.unmatched] };
  } catch (cause) {
    if (!VarveError.is(cause) || cause.code !== 'FRONTEND_EXPANSION') throw cause;
    throw new VarveError(cause.code, `failed to process ${quote(shorten(word))}: ${cause.message}`, { cause, hint: cause.hint });
  }
}

const shorten = (word: string): string => (word.length > 200 ? `${word.slice(0, 200)}…` : word);
