import { readFileSync } from 'node:fs';
import type { SourceRange } from '../src/errors.ts';

const AROUND = 2;
/** An instruction may span hundreds of lines: its beginning and end say enough. */
const LONGEST = 20;

/** Texts that are no files (a Dockerfile from stdin), by the name that messages use. */
const texts = new Map<string, string>();
export const rememberText = (file: string, text: string): void => void texts.set(file, text);

/** The lines of a user's file that an error is about, marked with `>>>`, as BuildKit shows them; only the place where it cannot be read. */
export function excerpt(source: SourceRange): readonly string[] {
  const { file, startLine, endLine } = source;
  const place = `${file}:${startLine}`;
  const lines = linesOf(file);
  if (lines === undefined || startLine < 1 || startLine > lines.length) return [place];
  const first = Math.max(1, startLine - AROUND);
  const last = Math.min(lines.length, endLine + AROUND);
  const numbered = lines.slice(first - 1, last).map((text, i) => {
    const number = first + i;
    const isMeant = number >= startLine && number <= endLine;
    return `${String(number).padStart(4)} | ${isMeant ? '>>>' : '   '} ${withoutCredentials(text)}`.trimEnd();
  });
  const shown = numbered.length <= LONGEST ? numbered : [...numbered.slice(0, LONGEST - 4), '     | ...', ...numbered.slice(-3)];
  return [place, RULE, ...shown, RULE];
}
const RULE = '-'.repeat(20);

/** Of addresses in a user's file: an excerpt may end up in a log that others read. */
const withoutCredentials = (text: string): string => text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^/@\s'"]*@/gi, '$1');

function linesOf(file: string): readonly string[] | undefined {
  try {
    const text = texts.get(file) ?? readFileSync(file, 'utf8');
    const lines = text.split(/\r?\n/);
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  } catch {
    return undefined; // the error itself matters more than its excerpt
  }
}
