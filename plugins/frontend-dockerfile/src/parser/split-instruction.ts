import { type Escape, trimSpace } from './text.ts';

export interface InstructionParts {
  readonly keyword: string;
  readonly flags: readonly string[];
  /** What follows the flags, trimmed. */
  readonly rest: string;
}

const BLANK = /[\t\n\v\f\r ]/;
/** Wider blanks of Unicode end no flag, though they end other words. */
const isBlank = (char: string): boolean => BLANK.test(char);

/** Separates an instruction's keyword, its `--flags` and everything else. */
export function splitInstruction(line: string, escapeCharacter: Escape): InstructionParts {
  const text = trimSpace(line);
  const blank = text.search(BLANK);
  if (blank < 0) return { keyword: text, flags: [], rest: '' };
  const { flags, end } = splitFlags(text, { start: blank, escapeCharacter });
  return { keyword: text.slice(0, blank), flags, rest: trimSpace(text.slice(end)) };
}

interface Reading {
  readonly start: number;
  readonly escapeCharacter: Escape;
}

/** Words that start with `--`, up to the first that does not or is `--` alone. Quotes and escapes in them are resolved. */
function splitFlags(text: string, { start, escapeCharacter }: Reading): { flags: string[]; end: number } {
  const flags: string[] = [];
  let at = start;
  for (;;) {
    while (at < text.length && isBlank(text.charAt(at))) at++;
    if (!text.startsWith('--', at)) return { flags, end: at };
    const { word, end } = readFlag(text, { start: at, escapeCharacter });
    at = end;
    if (word === '--') return { flags, end: at };
    flags.push(word);
  }
}

function readFlag(text: string, { start, escapeCharacter }: Reading): { word: string; end: number } {
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
