import { VarveError } from '../src/errors.ts';

/** What `$NAME` stands for; nothing for a name that is not set. */
export type Lookup = (name: string) => string | undefined;

/** One way in which a piece of a line goes on: its text, up to where it reaches. */
const PIECES: readonly (readonly [RegExp, (match: RegExpExecArray, lookup: Lookup) => string])[] = [
  [/'([^']*)'/y, ([, text]) => text ?? ''],
  [/"((?:\\.|[^"\\])*)"/sy, ([, text], lookup) => unquote(text ?? '', lookup)],
  [/\\(.)/sy, ([, char]) => char ?? ''],
  [/\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:[-+])([^}]*))?\})/y, substitute],
  [/[^\s'"\\$]+|\$|\\$/y, ([text]) => text],
];

/**
 * Words as docker's `--change` has them: separated by blanks, quoted by `'` and `"`, with `$NAME`, `${NAME}`, `${NAME:-word}` and
 * `${NAME:+word}` replaced outside single quotes.
 * @throws VarveError `CHANGE_INVALID` for a quote that is not closed
 */
export function splitWords(line: string, lookup: Lookup = () => undefined): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; ) {
    const blank = matchAt(/\s+/y, line, at);
    if (blank !== null) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += blank[0].length;
      continue;
    }
    const { text, length } = nextPiece(line, at, lookup);
    word = (word ?? '') + text;
    at += length;
  }
  return word === undefined ? words : [...words, word];
}

function nextPiece(line: string, at: number, lookup: Lookup): { readonly text: string; readonly length: number } {
  for (const [pattern, read] of PIECES) {
    const match = matchAt(pattern, line, at);
    if (match !== null) return { text: read(match, lookup), length: match[0].length };
  }
  throw new VarveError('CHANGE_INVALID', `Expected a closing ${line[at]} in ${JSON.stringify(line)}`);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const unquote = (text: string, lookup: Lookup): string =>
  text.replace(/\\(["\\$])|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:[-+])([^}]*))?\})/g, (whole, escaped, ...names) =>
    escaped === undefined ? substitute([whole, ...names.slice(0, 4)] as unknown as RegExpExecArray, lookup) : escaped,
  );

function substitute([, plain, braced, operator, word]: RegExpExecArray, lookup: Lookup): string {
  const value = lookup(plain ?? braced ?? '');
  const isSet = value !== undefined && value !== '';
  if (operator === ':-') return isSet ? value : (word ?? '');
  if (operator === ':+') return isSet ? (word ?? '') : '';
  return value ?? '';
}
