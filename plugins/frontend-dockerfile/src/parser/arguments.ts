import { VarveError } from '@varve/core';
import type { ArgumentForm } from '../language/extension.ts';
import type { Language } from '../language/language.ts';
import { splitWords } from './split-words.ts';
import { type Escape, quote, trimStartSpace } from './text.ts';

export interface Arguments {
  readonly args: readonly string[];
  readonly json: boolean;
}

interface Context {
  readonly cmd: string;
  readonly escapeCharacter: Escape;
}

/** How the text behind keyword and flags becomes arguments. The caller adds the place to its errors. */
type Splitter = (rest: string, context: Context) => Arguments;

const NOTHING: Arguments = { args: [], json: false };

const wholeText: Splitter = (rest) => (rest === '' ? NOTHING : { args: [rest], json: false });
const blankSeparated: Splitter = (rest) => (rest === '' ? NOTHING : { args: splitAtBlanks(rest), json: false });
const words: Splitter = (rest, { escapeCharacter }) => ({ args: splitWords(rest, escapeCharacter), json: false });
const jsonOrText: Splitter = (rest, context) => parseJson(rest) ?? wholeText(rest, context);
const jsonOrList: Splitter = (rest, context) => parseJson(rest) ?? blankSeparated(rest, context);

const pairs: Splitter = (rest, { cmd, escapeCharacter }) => {
  const words = splitWords(rest, escapeCharacter);
  const [first] = words;
  if (first === undefined) return NOTHING;
  if (!first.includes('=')) return legacyPair(rest, cmd);
  const args: string[] = [];
  for (const word of words) addPair(word, args);
  return { args, json: false };
};

function legacyPair(rest: string, cmd: string): Arguments {
  const blank = BLANKS.exec(rest);
  if (blank === null) throw new VarveError('FRONTEND_SYNTAX', `${cmd} must have two arguments`);
  return { args: [rest.slice(0, blank.index), rest.slice(blank.index + blank[0].length), ''], json: false };
}

/** Name, value and what stands between them. */
function addPair(word: string, args: string[]): void {
  const at = word.indexOf('=');
  if (at < 0) throw new VarveError('FRONTEND_SYNTAX', `Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`);
  args.push(word.slice(0, at), word.slice(at + 1), '=');
}

const BLANKS = /[\t\v\f\r ]+/;

/** One blank between words is what nearly everybody writes. */
function splitAtBlanks(text: string): readonly string[] {
  return /[\t\v\f\r]| {2}/.test(text) ? text.split(BLANKS) : text.split(' ');
}

/** The type (`CMD`, `NONE`), then what `CMD` itself would take. */
const healthcheck: Splitter = (rest, context) => {
  const [all = '', type = ''] = /^([^\t\n\v\f\r ]+)[\t\n\v\f\r ]*/.exec(rest) ?? [];
  if (type === '') return NOTHING;
  const command = jsonOrText(rest.slice(all.length), context);
  return { args: [type, ...command.args], json: command.json };
};

/** An array of strings, or `undefined` for text that is no JSON array and therefore means itself. */
function parseJson(rest: string): Arguments | undefined {
  const text = trimStartSpace(rest);
  if (!text.startsWith('[')) return undefined;
  const value = readJson(text);
  if (!Array.isArray(value)) return undefined;
  if (!value.every((item) => typeof item === 'string')) {
    throw new VarveError('FRONTEND_SYNTAX', 'when using JSON array syntax, arrays must be comprised of strings only');
  }
  return { args: value.map((text) => text.toWellFormed()), json: true };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // malformed JSON is the shell form, as it always was
  }
}

const FORMS: ReadonlyMap<string, Splitter> = new Map(
  Object.entries({
    ADD: jsonOrList,
    ARG: words,
    CMD: jsonOrText,
    COPY: jsonOrList,
    ENTRYPOINT: jsonOrText,
    ENV: pairs,
    EXPOSE: blankSeparated,
    FROM: blankSeparated,
    HEALTHCHECK: healthcheck,
    LABEL: pairs,
    MAINTAINER: wholeText,
    RUN: jsonOrText,
    SHELL: jsonOrText,
    STOPSIGNAL: wholeText,
    USER: wholeText,
    VOLUME: jsonOrList,
    WORKDIR: wholeText,
  }),
);

const OF_FORM: Readonly<Record<ArgumentForm, Splitter>> = {
  text: wholeText,
  list: blankSeparated,
  words,
  'json-or-list': jsonOrList,
  'json-or-text': jsonOrText,
  pairs,
};

/** Splits what follows the flags. Unknown instructions keep it as one argument: whoever handles them knows better. */
export function splitArguments(rest: string, context: Context & { readonly language: Language }): Arguments {
  const split = FORMS.get(context.cmd) ?? OF_FORM[context.language.instructions.get(context.cmd)?.form ?? 'text'];
  return split(rest, context);
}
