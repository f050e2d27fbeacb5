import { type Escape, isSpaceAt } from './text.ts';

/** What can end a word or change what does; the search for the next one passes over everything else. */
const TURNS: Readonly<Record<Escape, RegExp>> = { '\\': /[\p{White_Space}'"\\]/gu, '`': /[\p{White_Space}'"`]/gu };

/** Splits at blanks outside quotes. Quotes and escapes stay in the words: expansion resolves them later. */
export function splitWords(text: string, escapeCharacter: Escape): readonly string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpaceAt(text, at)) {
      at++;
      continue;
    }
    const end = endOfWord(text, at, escapeCharacter);
    // an escape character that has nothing to escape is not part of the word
    const word = text.slice(at, end < 0 ? -1 : end);
    if (word !== '') words.push(word);
    at = end < 0 ? text.length : end;
  }
  return words;
}

/** Where the word ends, or -1: it goes on to an escape character at the very end. */
function endOfWord(text: string, start: number, escapeCharacter: Escape): number {
  const turn = TURNS[escapeCharacter];
  let at = start;
  for (;;) {
    turn.lastIndex = at;
    if (!turn.test(text)) return text.length;
    at = turn.lastIndex - 1;
    const char = text.charAt(at);
    if (char === escapeCharacter) {
      if (at + 1 === text.length) return -1;
      at += 2;
    } else if (char === '"' || char === "'") {
      at = endOfQuoted(text, at, escapeCharacter);
      if (at < 0 || at >= text.length) return at;
    } else return at;
  }
}

/** Behind the closing quote; the end of the text without one, -1 where an escape character stands there. */
function endOfQuoted(text: string, start: number, escapeCharacter: Escape): number {
  const quote = text.charAt(start);
  // nothing can be escaped between single quotes
  if (quote === "'") {
    const end = text.indexOf("'", start + 1);
    return end < 0 ? text.length : end + 1;
  }
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote) return at + 1;
    if (char === escapeCharacter && ++at === text.length) return -1;
  }
  return text.length;
}
