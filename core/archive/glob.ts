import { type GlobToken, parseGlob } from './glob-syntax.ts';

export interface GlobOptions {
  /** `**` matches any number of components, as in ignore files. Without it two stars are as good as one. */
  readonly doubleStar?: boolean;
}

const SLASH = 47;

/**
 * Whether a pattern matches the whole of a name or path, as Go's `filepath.Match` does on Unix: `*` and `?` stop at slashes, `[a-z]`,
 * `[^a-z]`, `\x` takes x literally. For many names take `Glob`.
 *
 * @throws VarveError `PATTERN_INVALID`
 */
export const matchGlob = (pattern: string, name: string, options: GlobOptions = {}): boolean => new Glob(pattern, options).matches(name);

/**
 * A compiled pattern. Names run through all its states at once, so the time is at most the length of the pattern times that of the name,
 * whatever the two are.
 */
export class Glob {
  readonly pattern: string;
  readonly #tokens: readonly GlobToken[];
  /** Literal text at both ends, to reject most names at once. */
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #isLiteral: boolean;

  /** @throws VarveError `PATTERN_INVALID` */
  constructor(pattern: string, { doubleStar = false }: GlobOptions = {}) {
    this.pattern = pattern;
    this.#tokens = parseGlob(pattern, { doubleStar });
    const special = this.#tokens.findIndex(({ kind }) => kind !== 'literal');
    this.#isLiteral = special < 0;
    this.#prefix = textOf(this.#isLiteral ? this.#tokens : this.#tokens.slice(0, special));
    this.#suffix = textOf(this.#tokens.slice(this.#tokens.findLastIndex(({ kind }) => kind !== 'literal') + 1));
  }

  matches(name: string): boolean {
    if (this.#isLiteral) return name === this.#prefix;
    if (!name.startsWith(this.#prefix) || !name.endsWith(this.#suffix)) return false;
    return this.#run(name)[this.#tokens.length] === 1;
  }

  /** Whether it could match some path below this directory. */
  mayMatchBelow(dir: string): boolean {
    if (dir === '') return true;
    if (this.#isLiteral) return this.#prefix.startsWith(`${dir}/`);
    return this.#run(`${dir}/`).includes(1);
  }

  /** The states that the automaton is in at the end of the name: 1 for each, by number. */
  #run(name: string): Uint8Array {
    let now = new Uint8Array(this.#tokens.length + 1);
    let next = new Uint8Array(this.#tokens.length + 1);
    this.#enter(now, 0);
    for (let i = 0; i < name.length; i++) {
      const code = name.codePointAt(i) ?? 0;
      if (code > 0xffff) i++;
      next.fill(0);
      if (!this.#step(now, next, code)) return next;
      [now, next] = [next, now];
    }
    return now;
  }

  /** False if no state is left. */
  #step(now: Uint8Array, next: Uint8Array, code: number): boolean {
    let isAlive = false;
    for (let state = 0; state < this.#tokens.length; state++) {
      const token = this.#tokens[state];
      if (now[state] !== 1 || token === undefined || !takes(token, code)) continue;
      isAlive = true;
      if (token.kind === 'star' || token.kind === 'deep' || token.kind === 'directories') this.#enter(next, state);
      if (token.kind !== 'directories' || code === SLASH) this.#enter(next, state + 1);
    }
    return isAlive;
  }

  /** Enters a state and those that need no character from there. */
  #enter(states: Uint8Array, first: number): void {
    for (let state = first; states[state] === 0; state++) {
      states[state] = 1;
      const kind = this.#tokens[state]?.kind;
      if (kind === 'optional') this.#enter(states, state + 2);
      else if (kind !== 'star' && kind !== 'deep') return;
    }
  }
}

function takes(token: GlobToken, code: number): boolean {
  switch (token.kind) {
    case 'literal':
      return token.code === code;
    case 'any':
    case 'star':
      return code !== SLASH;
    case 'set':
      return token.ranges.some(([low, high]) => low <= code && code <= high) !== token.isNegated;
    case 'deep':
    case 'directories':
      return true;
    case 'optional':
      return false;
    default:
      return token satisfies never;
  }
}

function textOf(tokens: readonly GlobToken[]): string {
  return tokens.map((token) => (token.kind === 'literal' ? String.fromCodePoint(token.code) : '')).join('');
}
