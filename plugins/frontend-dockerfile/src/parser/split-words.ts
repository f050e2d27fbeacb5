import { type Escape, isSpace } from './text.ts';

/** Splits at blanks outside quotes. Quotes and escapes stay in the words: expansion resolves them later. */
export function splitWords(text: string, escapeCharacter: Escape): readonly string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpace(text.charAt(at))) {
      at++;
      continue;
    }
    const { word, end } = readWord(text, at, escapeCharacter);
    if (word !== '') words.push(word);
    at = end;
  }
  return words;
}

function readWord(text: string, start: number, escapeCharacter: Escape): { word: string; end: number } {
  let quote = '';
  let at = start;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote === '' && isSpace(char)) break;
    // nothing can be escaped between single quotes
    if (char === escapeCharacter && quote !== "'") {
      // one that has nothing to escape is not part of the word
      if (at + 1 === text.length) return { word: text.slice(start, at), end: text.length };
      at++;
    } else if (char === quote) quote = '';
    else if (quote === '' && (char === "'" || char === '"')) quote = char;
  }
  return { word: text.slice(start, at), end: Math.min(at, text.length) };
}
