// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { ExpansionBudget } from './budget.ts';
import type { Environment, ExpandOptions, Expansion } from './expand-word.ts';

/** Text and `$name` or `${name}`, all of ASCII; no quotes and no escapes. */
const PLAIN = /^(?:[^$'"\\`<\u0080-\uffff]|\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\}))*$/;
const NAME = /\w+/g;
/** Nothing but text between double quotes. */
const QUOTED = /^"[^"$\\`]*"$/;

const NO_NAMES: readonly string[] = [];

/** Most words are of these forms, for which the walk by characters would do no more. `undefined`: it is another one. */
export function expandSimply(word: string, env: Environment, options: ExpandOptions): Expansion | undefined {
  if (options.ignoreQuotes !== true && options.keepQuotes !== true && QUOTED.test(word)) {
    options.budget?.spend(word.length);
    return { value: word.slice(1, -1), matched: NO_NAMES, unmatched: NO_NAMES };
  }
  if (options.keepUnset === true || !PLAIN.test(word)) return undefined;
  const budget = options.budget ?? new ExpansionBudget();
  let matched = NO_NAMES;
  let unmatched = NO_NAMES;
  let value = '';
  let length = word.length;
  let from = 0;
  for (let dollar = word.indexOf('$'); dollar >= 0; dollar = word.indexOf('$', from)) {
    const start = word.charAt(dollar + 1) === '{' ? dollar + 2 : dollar + 1;
    const end = endOfName(word, start);
    const name = word.slice(start, end);
    const known = env.get(name);
    if (known === undefined) unmatched = withName(unmatched, name);
    else matched = withName(matched, name);
    length += known?.length ?? 0;
    budget.spend(length);
    budget.refuseLength(length);
    value += word.slice(from, dollar) + (known ?? '');
    from = start === dollar + 1 ? end : end + 1;
  }
  return { value: value + word.slice(from), matched, unmatched };
}

function endOfName(word: string, start: number): number {
  NAME.lastIndex = start;
  NAME.test(word);
  return NAME.lastIndex;
}

/** Each name once. A word has few. */
const withName = (names: readonly string[], name: string): readonly string[] => (names.includes(name) ? names : [...names, name]);
