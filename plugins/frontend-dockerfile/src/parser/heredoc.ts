import { expandWords } from '../expand/expand-word.ts';
import type { Heredoc } from './syntax-node.ts';

const SHAPE = /^(\d*)<<(-?)[\t\n\f\r ]*([^<]*)$/;
const NOTHING_SET = new Map<string, string>();

/** A heredoc's opening word taken apart, or `undefined` for a word that opens none. @throws VarveError where its quotes do not match */
export function parseHeredocWord(word: string): Heredoc | undefined {
  if (!word.includes('<<')) return undefined;
  const [, fd = '', dash, name = ''] = SHAPE.exec(word) ?? [];
  if (name === '') return undefined;
  const plain = expandWords(name, NOTHING_SET, { keepUnset: true });
  const quoted = expandWords(name, NOTHING_SET, { keepUnset: true, keepQuotes: true });
  const [first] = plain.words;
  if (first === undefined || plain.words.length !== 1 || quoted.words.length !== 1) return undefined;
  // a quoted delimiter says that the content is to be left alone
  const expand = countQuotes(first) === countQuotes(quoted.words[0] ?? '');
  return { name: first, content: '', expand, chomp: dash === '-', fd: Number(fd) };
}

const countQuotes = (text: string): number => text.split(/['"]/).length;

/** The heredocs that a line opens, in the order in which their bodies follow. */
export function findHeredocs(line: string): readonly Heredoc[] {
  if (!line.includes('<<')) return [];
  return wordsOf(line).flatMap((word) => parseHeredocWord(word) ?? []);
}

function wordsOf(line: string): readonly string[] {
  try {
    return expandWords(line, NOTHING_SET, { keepUnset: true, keepQuotes: true, keepEscapes: true }).words;
  } catch {
    return []; // shell text that is no Dockerfile word, such as an apostrophe alone, opens no heredoc
  }
}

/** Whether all of `text` is one heredoc's opening word. */
export function isHeredocWord(text: string): boolean {
  try {
    return parseHeredocWord(text) !== undefined;
  } catch {
    return false;
  }
}

/** The content as its reader gets it: `<<-` loses leading tabs. */
export function heredocContent({ content, chomp }: Heredoc): string {
  return chomp ? content.replace(/^\t+/gm, '') : content;
}
