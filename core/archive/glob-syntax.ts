import { VarveError } from '../src/errors.ts';

type CodeRange = readonly [low: number, high: number];

/** One state of the automaton that a pattern is. */
export type GlobToken =
  | { readonly kind: 'literal'; readonly code: number }
  /** Any one character but a slash. */
  | { readonly kind: 'any' }
  | { readonly kind: 'set'; readonly isNegated: boolean; readonly ranges: readonly CodeRange[] }
  /** Any characters but slashes. */
  | { readonly kind: 'star' }
  /** Any characters. */
  | { readonly kind: 'deep' }
  /** The next token may be left out. */
  | { readonly kind: 'optional' }
  /** Any characters up to and with a slash. */
  | { readonly kind: 'directories' };

export interface GlobSyntax {
  /** `**` matches any number of components; without it two stars are as good as one. */
  readonly doubleStar: boolean;
}

/** @throws VarveError `PATTERN_INVALID` where Go's `filepath.Match` answers ErrBadPattern */
export function parseGlob(pattern: string, { doubleStar }: GlobSyntax): readonly GlobToken[] {
  return new GlobParser(pattern, doubleStar).parse();
}

class GlobParser {
  readonly #pattern: string;
  readonly #chars: readonly string[];
  readonly #doubleStar: boolean;
  readonly #tokens: GlobToken[] = [];
  #at = 0;

  constructor(pattern: string, doubleStar: boolean) {
    this.#pattern = pattern;
    this.#chars = [...pattern];
    this.#doubleStar = doubleStar;
  }

  parse(): readonly GlobToken[] {
    while (this.#at < this.#chars.length) this.#next();
    return this.#tokens;
  }

  #next(): void {
    const char = this.#chars[this.#at++] ?? '';
    if (char === '*') this.#stars();
    else if (char === '?') this.#tokens.push({ kind: 'any' });
    else if (char === '[') this.#tokens.push(this.#set());
    else this.#tokens.push({ kind: 'literal', code: codeOf(char === '\\' ? this.#escaped() : char) });
  }

  #stars(): void {
    if (!this.#doubleStar || this.#chars[this.#at] !== '*') {
      this.#tokens.push({ kind: 'star' });
      return;
    }
    const isFirst = this.#at === 1;
    this.#at++;
    // moby/patternmatcher: a leading `**` before plain text means that a path ends so, in mid-component too.
    if (isFirst && this.#chars[this.#at] !== '/' && isPlain(this.#chars.slice(this.#at))) {
      this.#tokens.push({ kind: 'deep' });
      return;
    }
    if (this.#chars[this.#at] === '/') this.#at++;
    if (this.#at >= this.#chars.length) this.#tokens.push({ kind: 'deep' });
    else this.#tokens.push({ kind: 'optional' }, { kind: 'directories' });
  }

  #set(): GlobToken {
    const isNegated = this.#chars[this.#at] === '^';
    if (isNegated) this.#at++;
    const ranges: CodeRange[] = [];
    while (ranges.length === 0 || this.#chars[this.#at] !== ']') ranges.push(this.#range());
    this.#at++;
    return { kind: 'set', isNegated, ranges };
  }

  #range(): CodeRange {
    const low = this.#bound();
    if (this.#chars[this.#at] !== '-') return [low, low];
    this.#at++;
    return [low, this.#bound()];
  }

  /** A hyphen or bracket stands for itself only behind a backslash. */
  #bound(): number {
    const char = this.#chars[this.#at++];
    if (char === undefined || char === '-' || char === ']') throw this.#invalid('a malformed [ ]');
    return codeOf(char === '\\' ? this.#escaped() : char);
  }

  #escaped(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw this.#invalid('a backslash with nothing after it');
    return char;
  }

  #invalid(what: string): VarveError {
    return new VarveError('PATTERN_INVALID', `syntax error in pattern: ${JSON.stringify(this.#pattern)} has ${what}`, {
      hint: 'Put a backslash before a character that stands for itself',
    });
  }
}

const isPlain = (chars: readonly string[]): boolean => !chars.some((char) => '*?[]\\'.includes(char));

const codeOf = (char: string): number => char.codePointAt(0) ?? 0;
