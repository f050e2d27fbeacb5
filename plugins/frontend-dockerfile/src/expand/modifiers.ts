import { VarveError } from '@varve/core';
import type { ExpansionBudget } from './budget.ts';
import { replaceMatches, trimPrefix, trimSuffix } from './substitute.ts';

/** What stands between a variable's name and the word: `${name-word}`. */
export type Modifier = '-' | '+' | '?' | '#' | '%';

/** `${…}` taken apart, its words already expanded. */
export interface Reference {
  readonly name: string;
  readonly operator: Modifier | '/' | '//';
  readonly word: string;
  readonly replacement?: string;
  /** A colon stood before the operator: a variable that is set but empty counts as unset. */
  readonly emptyIsUnset: boolean;
  readonly asWritten: string;
}

export const isModifier = (text: string): text is Modifier => text !== '' && '-+?#%'.includes(text);

/** Whether the word is a pattern, which has its own escapes, and no colon makes sense. */
export const isTrim = (operator: Modifier): operator is '#' | '%' => operator === '#' || operator === '%';

export function substitute(reference: Reference, value: string | undefined, budget: ExpansionBudget): string {
  const { operator, word, replacement = '' } = reference;
  const present = value !== undefined && !(reference.emptyIsUnset && value === '');
  switch (operator) {
    case '-':
      return present ? value : word;
    case '+':
      return present ? word : '';
    case '?':
      return present ? value : refuse(reference, value);
    case '#':
      return trimPrefix(value ?? '', ...pattern(word, operator, budget));
    case '%':
      return trimSuffix(value ?? '', ...pattern(word, operator, budget));
    case '/':
    case '//':
      return replaceMatches(value ?? '', [word, replacement], { all: operator === '//', budget });
  }
}

/** The operator twice means the longest match. */
function pattern(word: string, operator: '#' | '%', budget: ExpansionBudget): [string, { longest: boolean; budget: ExpansionBudget }] {
  const longest = word.startsWith(operator);
  return [longest ? word.slice(1) : word, { longest, budget }];
}

function refuse({ name, word }: Reference, value: string | undefined): never {
  const reason = word || (value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty');
  throw new VarveError('FRONTEND_EXPANSION', `${name}: ${reason}`, {
    hint: `Give it a value: --build-arg ${name}=…`,
  });
}
