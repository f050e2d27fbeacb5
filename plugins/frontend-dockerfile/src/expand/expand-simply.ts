// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { ExpansionBudget } from './budget.ts';
import type { Environment, ExpandOptions, Expansion } from './expand-word.ts';

/** Text and `$name` or `${name}`, all of ASCII; no quotes and no escapes. */
const PLAIN = /^(?:[^$'"\\`<\u0080-\uffff]|\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\}))*$/;
const VARIABLE = /\$(?:(\w+)|\{(\w+)\})/g;
/** Nothing but text between double quotes. */
const QUOTED = /^"[^"$\\`]*"$/;

const NO_NAMES: readonly string[] = [];
const toList = (names: ReadonlySet<string> | undefined): readonly string[] => (names === undefined ? NO_NAMES : [...names]);

/** Most words are of these forms, for which the walk by characters would do no more. `undefined`: it is another one. */
export function expandSimply(word: string, env: Environment, options: ExpandOptions): Expansion | undefined {
  if (options.ignoreQuotes !== true && options.keepQuotes !== true && QUOTED.test(word)) {
    options.budget?.spend(word.length);
    return { value: word.slice(1, -1), matched: NO_NAMES, unmatched: NO_NAMES };
  }
  if (options.keepUnset === true || !PLAIN.test(word)) return undefined;
  const budget = options.budget ?? new ExpansionBudget();
  let matched: Set<string> | undefined;
  let unmatched: Set<string> | undefined;
  let length = word.length;
  const value = word.replace(VARIABLE, (_, bare: string | undefined, braced: string | undefined) => {
    const name = bare ?? braced ?? '';
    const known = env.get(name);
    if (known === undefined) unmatched = (unmatched ?? new Set()).add(name);
    else matched = (matched ?? new Set()).add(name);
    length += known?.length ?? 0;
    budget.spend(length);
    budget.refuseLength(length);
    return known ?? '';
  });
  return { value, matched: toList(matched), unmatched: toList(unmatched) };
}
