import { stripVTControlCharacters } from 'node:util';

/** The lines that a terminal shows after it was sent `text`: knows returns, line feeds, "cursor up", "clear line" and "clear below". */
export function screenOf(text: string): readonly string[] {
  const lines: string[] = [''];
  let row = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this reads
  for (const [token] of text.matchAll(/\u001b\[\?7[lh]|\u001b\[\d+A|\u001b\[J|\u001b\[2K|\u001b\[\d*m|\r|\n|[^\u001b\r\n]+/g)) {
    if (token === '\n') {
      row++;
      lines[row] ??= '';
    } else if (token.endsWith('A') && token.startsWith('\u001b')) row -= Number(token.slice(2, -1));
    else if (token === '\u001b[J') lines.splice(row, lines.length, '');
    else if (token === '\u001b[2K') lines[row] = '';
    else if (token !== '\r' && !token.startsWith('\u001b')) lines[row] += token;
  }
  return lines.map((line) => stripVTControlCharacters(line).trimEnd()).filter((line) => line !== '');
}
