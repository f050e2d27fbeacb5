import { withoutCredentials } from '../lower/without-credentials.ts';

const AROUND = 2;
const RULE = '--------------------';

/** The lines of a text that a range means, with some around them. */
export function excerpt(text: string, { startLine, endLine }: { readonly startLine: number; readonly endLine: number }): string {
  const lines = text.split('\n');
  const first = Math.max(1, startLine - AROUND);
  const last = Math.min(lines.length, endLine + AROUND);
  const shown = lines.slice(first - 1, last).map((line, at) => {
    const number = first + at;
    const mark = number >= startLine && number <= endLine ? '>>>' : '   ';
    return `${String(number).padStart(4)} | ${mark} ${withoutCredentials(line.replace(/\r$/, ''))}`.trimEnd();
  });
  return [RULE, ...shown, RULE, ''].join('\n');
}
