import { suggest } from '../parser/suggest.ts';

/** Characters compared: thousands of unknown names among thousands of known ones are nobody's typing mistakes. */
const MOST_WORK = 1 << 20;

/** Finds what was probably meant, until there was enough of that. One for each build. */
export class Suggester {
  #left = MOST_WORK;

  suggest(word: string, options: () => readonly string[]): string | undefined {
    if (this.#left <= 0) return undefined;
    const known = options();
    this.#left -= known.length * (word.length + 8);
    return suggest(word, known, { isCaseSensitive: true });
  }
}
