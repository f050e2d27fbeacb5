// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { ExpansionBudget } from '../../src/expand/budget.ts';
import { expandWord } from '../../src/expand/expand-word.ts';

const nest = (opening: string, depth: number) => `${opening.repeat(depth)}x${'}'.repeat(depth)}`;

const isBounded = test.macro({
  exec(t, word: string, env: Readonly<Record<string, string>>) {
    const started = performance.now();
    const error = t.throws(() => void expandWord(word, new Map(Object.entries(env))), {
      instanceOf: VarveError,
    });
    t.is(error?.code, 'FRONTEND_LIMIT');
    t.true(performance.now() - started < 2000);
  },
  title: (title = '') => `${title} is refused quickly`,
});
test('nesting without end', isBounded, nest('${a:-', 20_000), {});
test('nesting in patterns', isBounded, nest('${a#', 20_000), { a: 'x' });
test('a word that grows', isBounded, '$a'.repeat(20_000), { a: 'x'.repeat(1000) });
test('a replacement that grows', isBounded, '${a//x/$a}', { a: 'x'.repeat(100_000) });
test('a pattern that matches nowhere in a long value', isBounded, '${a##$p}', {
  a: 'a'.repeat(500_000),
  p: `*${'?'.repeat(400)}b`,
});

test('a pattern that makes backtracking matchers explode is fast', (t) => {
  const env = new Map([['a', 'a'.repeat(10_000)]]);
  t.is(expandWord(`\${a##${'*a'.repeat(100)}*b}`, env).value.length, 10_000);
});

test('a budget is shared by everything expanded with it', (t) => {
  const budget = new ExpansionBudget();
  const env = new Map([['a', 'x'.repeat(1 << 20)]]);
  const error = t.throws(() => {
    for (let count = 0; count < 1000; count++) expandWord('$a', env, { budget });
  });
  t.true(VarveError.is(error) && error.code === 'FRONTEND_LIMIT');
});

test('doubling ends with an error', (t) => {
  let value = 'x';
  const error = t.throws(() => {
    for (;;) value = expandWord('$a$a', new Map([['a', value]])).value;
  });
  t.true(VarveError.is(error) && error.code === 'FRONTEND_LIMIT');
});
