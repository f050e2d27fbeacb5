const SPECIAL = /[*?[\]\\]/;
const NONE: readonly number[] = [];

/**
 * Finds those of many patterns that could match a path at all: most have a name in them without a wildcard, which a path must have too, or
 * end with a letter that it must end with.
 */
export class PatternCandidates {
  readonly #lists = new Map<string, number[]>();

  constructor(patterns: readonly string[]) {
    for (const [i, pattern] of patterns.entries()) {
      const key = keyOf(plainName(pattern), plainEnd(pattern));
      const list = this.#lists.get(key) ?? [];
      this.#lists.set(key, list);
      list.push(i);
    }
  }

  /** Their numbers, ascending. */
  of(path: string): readonly number[] {
    const names = new Set(['', ...path.split('/')]);
    let all = NONE;
    for (const name of names) {
      for (const end of ['', path.at(-1) ?? '']) all = mergeSorted(all, this.#lists.get(keyOf(name, end)) ?? NONE);
    }
    return all;
  }
}

const keyOf = (name: string, end: string): string => `${name}/${end}`;

/** A name that is a whole component of everything that matches, or nothing. What follows `x**` may be one with it. */
function plainName(pattern: string): string {
  const names = pattern.split('/');
  const joins = (name: string | undefined): boolean => name !== undefined && name !== '**' && name.endsWith('**');
  return names.findLast((name, i) => name !== '' && !SPECIAL.test(name) && !joins(names[i - 1])) ?? '';
}

/** The last letter of everything that matches, or nothing. */
function plainEnd(pattern: string): string {
  const end = pattern.at(-1) ?? '';
  return SPECIAL.test(end) ? '' : end;
}

/** Each number once; one of the lists itself where the other is empty. */
export function mergeSorted(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [left = Number.POSITIVE_INFINITY, right = Number.POSITIVE_INFINITY] = [a[i], b[j]];
    merged.push(Math.min(left, right));
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return merged;
}
