import { isSpace } from './text.ts';

export interface InstructionParts {
  readonly keyword: string;
  readonly flags: readonly string[];
  /** What follows the flags, trimmed. */
  readonly rest: string;
}

const BLANK = /[\t\v\f\r ]/;

/** Separates an instruction's keyword, its `--flags` and everything else. */
export function splitInstruction(line: string): InstructionParts {
  const text = line.trim();
  const blank = text.search(BLANK);
  if (blank < 0) return { keyword: text, flags: [], rest: '' };
  const { flags, end } = splitFlags(text, blank);
  return { keyword: text.slice(0, blank), flags, rest: text.slice(end).trim() };
}

/** Words that start with `--`, up to the first that does not or is `--` alone. Quotes and backslashes in them are resolved. */
function splitFlags(text: string, start: number): { flags: string[]; end: number } {
  const flags: string[] = [];
  let at = start;
  for (;;) {
    while (at < text.length && isSpace(text.charAt(at))) at++;
    if (!text.startsWith('--', at)) return { flags, end: at };
    const { word, end } = readFlag(text, at);
    at = end;
    if (word === '--') return { flags, end: at };
    flags.push(word);
  }
}

/** The backslash escapes here whatever the escape directive says. */
function readFlag(text: string, start: number): { word: string; end: number } {
  let word = '';
  let quote = '';
  let at = start;
  for (; at < text.length; at++) {
    let char = text.charAt(at);
    if (quote === '' && isSpace(char)) break;
    if (quote === '' ? char === "'" || char === '"' : char === quote) {
      quote = quote === '' ? char : '';
      continue;
    }
    if (char === '\\') char = text.charAt(++at);
    word += char;
  }
  return { word, end: Math.min(at, text.length) };
}
