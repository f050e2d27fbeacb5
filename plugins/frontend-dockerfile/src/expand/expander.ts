// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import type { Escape } from '../parser/text.ts';
import type { ExpansionBudget } from './budget.ts';
import type { Environment, ExpandOptions } from './expand-word.ts';
import { isModifier, isTrim, type Reference, substitute } from './modifiers.ts';
import type { WordList } from './word-list.ts';

const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}_]$/u;
const DIGIT = /^\p{Nd}$/u;
/** Names of one character that a shell would set and a builder never does. */
const SPECIAL = '@*#?-$!';

interface Scan {
  /** The character that ends it; the end of the text without one. */
  readonly stop?: '}' | '/';
  readonly keepEscapes: boolean;
}

/** One walk over one word, character by character; nested references are walked by the same object. */
export class Expander {
  readonly matched = new Set<string>();
  readonly unmatched = new Set<string>();
  readonly #text: readonly string[];
  readonly #env: Environment;
  readonly #options: ExpandOptions;
  readonly #budget: ExpansionBudget;
  readonly #escape: Escape;
  #at = 0;
  #depth = 0;
  #keepEscapes: boolean;

  constructor(word: string, env: Environment, options: ExpandOptions & { readonly budget: ExpansionBudget }) {
    this.#text = Array.from(word);
    this.#env = env;
    this.#options = options;
    this.#budget = options.budget;
    this.#escape = options.escapeCharacter ?? '\\';
    this.#keepEscapes = options.keepEscapes ?? false;
  }

  run(words?: WordList): string {
    return this.#scan({ keepEscapes: this.#keepEscapes }, words);
  }

  #scan({ stop, keepEscapes }: Scan, words?: WordList): string {
    const before = this.#keepEscapes;
    this.#keepEscapes = keepEscapes;
    this.#budget.refuseDeep(++this.#depth);
    let out = '';
    for (let char = this.#peek(); char !== stop; char = this.#peek()) {
      if (char === undefined) throw failure(`unexpected end of statement while looking for matching ${stop}`);
      const piece = this.#readPiece(char);
      if (piece.quoted) words?.addQuoted(piece.text);
      else words?.add(piece.text);
      out = this.#append(out, piece.text);
    }
    this.#at += stop === undefined ? 0 : 1;
    this.#depth--;
    this.#keepEscapes = before;
    return out;
  }

  #append(out: string, text: string): string {
    this.#budget.spend(text.length);
    this.#budget.refuseLong(text);
    const longer = out + text;
    this.#budget.refuseLong(longer);
    return longer;
  }

  #readPiece(char: string): { readonly text: string; readonly quoted: boolean } {
    if (char === '$') return { text: this.#readReference(), quoted: false };
    if (char === "'" && !this.#options.ignoreQuotes) return { text: this.#readSingleQuoted(), quoted: true };
    if (char === '"' && !this.#options.ignoreQuotes) return { text: this.#readDoubleQuoted(), quoted: true };
    if (char === '<') return { text: this.#readLess(), quoted: true };
    this.#at++;
    if (char !== this.#escape) return { text: char, quoted: false };
    return { text: (this.#keepEscapes ? char : '') + (this.#next() ?? ''), quoted: true };
  }

  /** Blanks behind `<<` or `<<-` do not separate the heredoc's name from it. */
  #readLess(): string {
    const start = this.#at++;
    if (this.#peek() === '<') {
      this.#at++;
      if (this.#peek() === '-' && isBlank(this.#text[this.#at + 1])) this.#at++;
      while (isBlank(this.#peek())) this.#at++;
    }
    return this.#text.slice(start, this.#at).join('');
  }

  #readSingleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) {
      this.#at = this.#text.length;
      throw failure('unexpected end of statement while looking for matching single-quote');
    }
    const text = this.#text.slice(this.#at + 1, end).join('');
    this.#at = end + 1;
    return this.#options.keepQuotes ? `'${text}'` : text;
  }

  #readDoubleQuoted(): string {
    this.#at++;
    let out = '';
    for (let char = this.#peek(); char !== '"'; char = this.#peek()) {
      if (char === undefined) throw failure('unexpected end of statement while looking for matching double-quote');
      out = this.#append(out, char === '$' ? this.#readReference() : this.#readEscapable());
    }
    this.#at++;
    return this.#options.keepQuotes ? `"${out}"` : out;
  }

  /** Between double quotes only `"`, `$` and the escape character itself can be escaped; before others it is text. */
  #readEscapable(): string {
    const char = this.#next() ?? '';
    if (char !== this.#escape) return char;
    const kept = this.#keepEscapes ? char : '';
    const escaped = this.#peek();
    if (escaped === undefined) return kept;
    if (escaped !== '"' && escaped !== '$' && escaped !== this.#escape) return kept + char;
    this.#at++;
    return kept + escaped;
  }

  #readReference(): string {
    this.#at++;
    if (this.#peek() === '{') return this.#readBraced();
    const name = this.#readName();
    if (name === '') return '$';
    return this.#lookUp(name) ?? (this.#options.keepUnset ? `$${name}` : '');
  }

  #readBraced(): string {
    this.#at++;
    const first = this.#peek();
    if (first === undefined) throw failure("syntax error: missing '}'");
    if (first === '{' || first === '}' || first === ':') throw failure('syntax error: bad substitution');
    const name = this.#readName();
    const modifier = this.#next() ?? '';
    if (modifier === '') throw failure("syntax error: missing '}'");
    if (modifier === '}') return this.#lookUp(name) ?? (this.#options.keepUnset ? `\${${name}}` : '');
    const reference = modifier === '/' ? this.#readReplacement(name) : this.#readModifier(name, modifier);
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.keepUnset) return reference.asWritten;
    return substitute(reference, value, this.#budget);
  }

  #readModifier(name: string, first: string): Reference {
    const emptyIsUnset = first === ':';
    const operator = emptyIsUnset ? (this.#next() ?? '') : first;
    const written = emptyIsUnset ? `:${operator}` : operator;
    const unsupported = (): VarveError => failure(`unsupported modifier (${written}) in substitution`);
    const isPattern = isModifier(operator) && isTrim(operator);
    if (emptyIsUnset ? isPattern : !isModifier(operator)) throw unsupported();
    const word = this.#scanInside({ stop: '}', keepEscapes: isPattern }, "missing '}'");
    if (!isModifier(operator)) throw unsupported();
    return { name, operator, word, emptyIsUnset, asWritten: `\${${name}${written}${word}}` };
  }

  #readReplacement(name: string): Reference {
    const all = this.#peek() === '/';
    if (all) this.#at++;
    const word = this.#scanInside({ stop: '/', keepEscapes: true }, `missing '/' in $\{}`);
    const replacement = this.#scanInside({ stop: '}', keepEscapes: true }, "missing '}'");
    const asWritten = `\${${name}/${word}/${replacement}}`;
    return { name, operator: all ? '//' : '/', word, replacement, emptyIsUnset: false, asWritten };
  }

  #scanInside(scan: Scan, problem: string): string {
    try {
      return this.#scan(scan);
    } catch (cause) {
      if (this.#peek() !== undefined || (VarveError.is(cause) && cause.code === 'FRONTEND_LIMIT')) throw cause;
      throw failure(`syntax error: ${problem}`, cause);
    }
  }

  #readName(): string {
    const first = this.#peek();
    if (first === undefined) return '';
    if (SPECIAL.includes(first)) {
      this.#at++;
      return first;
    }
    const allowed = DIGIT.test(first) ? DIGIT : LETTER_OR_DIGIT;
    const start = this.#at;
    while (this.#at < this.#text.length && allowed.test(this.#text[this.#at] ?? '')) this.#at++;
    return this.#text.slice(start, this.#at).join('');
  }

  #lookUp(name: string): string | undefined {
    const value = this.#env.get(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #next(): string | undefined {
    return this.#text[this.#at++];
  }
}

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t' || char === '\r';

const failure = (message: string, cause?: unknown): VarveError => new VarveError('FRONTEND_EXPANSION', message, { cause });
