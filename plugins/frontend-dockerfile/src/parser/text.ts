/** The two characters that may escape and continue lines. */
export type Escape = '\\' | '`';

const WIDE_SPACE = /^\p{White_Space}$/u;

/** Unicode white space, as Dockerfiles use it between words. */
export const isSpace = (char: string): boolean => isSpaceAt(char, 0);

export function isSpaceAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return code > 0x7f && WIDE_SPACE.test(text.charAt(at));
}

export function trimStartSpace(text: string): string {
  let at = 0;
  while (at < text.length && isSpaceAt(text, at)) at++;
  return text.slice(at);
}

export function trimEndSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpaceAt(text, end - 1)) end--;
  return text.slice(0, end);
}

export const trimSpace = (text: string): string => trimStartSpace(trimEndSpace(text));

/** Text between double quotes, the way Go's %q writes it: histories and messages are compared with that spelling. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]|(?! )[\p{C}\p{Z}]/gu, spell)}"`;
}

const NAMED = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

function spell(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const digits = (count: number): string => code.toString(16).padStart(count, '0');
  return NAMED.get(char) ?? (code < 0x80 ? `\\x${digits(2)}` : code < 0x10000 ? `\\u${digits(4)}` : `\\U${digits(8)}`);
}
