import type { ExpansionBudget } from './budget.ts';
import { findGlob, type MatchOptions, matchAt, parseGlob, reverseGlob } from './glob.ts';

/** `${value#pattern}` and, with `longest`, `${value##pattern}`. */
export function trimPrefix(value: string, pattern: string, options: MatchOptions): string {
  const text = Array.from(value);
  options.budget.spend(text.length);
  const end = matchAt(parseGlob(pattern), text, 0, options);
  return end < 0 ? value : text.slice(end).join('');
}

/** `${value%pattern}` and `${value%%pattern}`. */
export function trimSuffix(value: string, pattern: string, options: MatchOptions): string {
  const text = Array.from(value);
  options.budget.spend(text.length);
  const end = matchAt(reverseGlob(parseGlob(pattern)), text.toReversed(), 0, options);
  return end < 0 ? value : text.slice(0, text.length - end).join('');
}

export interface ReplaceOptions {
  readonly all: boolean;
  readonly budget: ExpansionBudget;
}

/** `${value/pattern/replacement}` and, with `all`, `${value//pattern/replacement}`: always the longest match. */
export function replaceMatches(value: string, [pattern, replacement]: readonly [string, string], options: ReplaceOptions): string {
  const glob = parseGlob(pattern);
  const text = Array.from(value);
  const { budget, all } = options;
  budget.spend(text.length);
  let out = '';
  let copied = 0;
  let from = 0;
  while (from <= text.length) {
    const match = findGlob(glob, text, from, budget);
    if (match === undefined) break;
    budget.spend(replacement.length + 1);
    out += text.slice(copied, match.start).join('');
    // an empty match right behind another one is none
    if (match.end > copied || match.start === 0) out += replacement;
    budget.refuseLong(out);
    copied = match.end;
    if (!all) break;
    from = Math.max(match.end, from + 1);
  }
  return out + text.slice(copied).join('');
}
