import { spellingOf } from '../language/keywords.ts';
import { type Escape, trimSpace } from './text.ts';

export interface InstructionParts {
  readonly keyword: string;
  readonly flags: readonly string[];
  /** What follows the flags, trimmed. */
  readonly rest: string;
}

/** Wider blanks of Unicode end no flag, though they end other words. */
const BLANK = /[\t\n\v\f\r ]/g;
const NOT_BLANK = /[^\t\n\v\f\r ]/g;
const NO_FLAGS: readonly string[] = [];

/** Separates an instruction's keyword, its `--flags` and everything else. */
export function splitInstruction(line: string, escapeCharacter: Escape): InstructionParts {
  const text = trimSpace(line);
  const blank = find(BLANK, text, 0);
  if (blank === text.length) return { keyword: text, flags: NO_FLAGS, rest: '' };
  const { flags, end } = splitFlags(text, { start: blank, escapeCharacter });
  return { keyword: spellingOf(text.slice(0, blank)), flags, rest: trimSpace(text.slice(end)) };
}

interface Reading {
  readonly start: number;
  readonly escapeCharacter: Escape;
}

/** Words that start with `--`, up to the first that does not or is `--` alone. Quotes and escapes in them are resolved. */
function splitFlags(text: string, { start, escapeCharacter }: Reading): { flags: readonly string[]; end: number } {
  let flags: string[] | undefined;
  let at = start;
  for (;;) {
    at = find(NOT_BLANK, text, at);
    if (!text.startsWith('--', at)) return { flags: flags ?? NO_FLAGS, end: at };
    const { word, end } = readFlag(text, { start: at, escapeCharacter });
    at = end;
    if (word === '--') return { flags: flags ?? NO_FLAGS, end: at };
    flags ??= [];
    flags.push(word);
  }
}

function readFlag(text: string, { start, escapeCharacter }: Reading): { word: string; end: number } {
  const blank = find(BLANK, text, start);
  const plain = text.slice(start, blank);
  if (!/['"\\`]/.test(plain)) return { word: plain, end: blank };
  let word = '';
  let quote = '';
  let at = start;
  for (; at < text.length; at++) {
    let char = text.charAt(at);
    if (quote === '' && isBlank(char)) break;
    if (quote === '' ? char === "'" || char === '"' : char === quote) {
      quote = quote === '' ? char : '';
      continue;
    }
    if (char === escapeCharacter) char = text.charAt(++at);
    word += char;
  }
  return { word, end: Math.min(at, text.length) };
}

const isBlank = (char: string): boolean => find(BLANK, char, 0) === 0;

/** Place of the first such character from there on; the text's end without one. */
function find(what: RegExp, text: string, from: number): number {
  what.lastIndex = from;
  return what.test(text) ? what.lastIndex - 1 : text.length;
}
