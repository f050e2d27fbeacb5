import { stripVTControlCharacters } from 'node:util';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from images, registries and processes, safe for a terminal: no escape sequence, control or direction override; tabs become blanks. */
export const sanitize = (text: string): string => stripVTControlCharacters(text).replaceAll('\t', '    ').replace(CONTROLS, '');

/** What a terminal shows of a line that rewrites itself with carriage returns: the last version. */
export function lastVersion(line: string): string {
  const trimmed = line.replace(/\r+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1);
}

/** Cuts to a number of columns, with an ellipsis where something is missing. */
export function fit(text: string, columns: number): string {
  return columnsOf(text) <= columns ? text : `${cut(text, columns - 1)}…`;
}
/** The same, and filled up with blanks. */
export function fill(text: string, columns: number): string {
  const fitted = fit(text, columns);
  return fitted + ' '.repeat(Math.max(0, columns - columnsOf(fitted)));
}

function columnsOf(text: string): number {
  let width = 0;
  for (const char of text) width += widthOf(char);
  return width;
}
function cut(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const char of text) {
    width += widthOf(char);
    if (width > columns) break;
    end += char.length;
  }
  return text.slice(0, end);
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** Roughly: what is misjudged is cut by the terminal, whose line wrapping is off while the window is drawn. */
function widthOf(char: string): number {
  if (char >= ' ' && char <= '~') return 1;
  if (/\p{Mark}/u.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

export const seconds = (milliseconds: number): string => `${(Math.max(0, milliseconds) / 1000).toFixed(1)}s`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(value < 1000 ? 3 : 4)}${UNITS[unit]}`;
}
