import type { StoredItem } from '@varve/core';
import test from 'ava';
import { planCollection } from '../src/collect/plan-collection.ts';

/** `name size usedAt needs…`; a `!` after the name holds it. */
const items = (...lines: readonly string[]): readonly StoredItem[] =>
  lines.map((line) => {
    const [name = '', size, usedAt, ...needs] = line.split(' ');
    const id = name.replace('!', '');
    return {
      id,
      kind: 'layer',
      title: id,
      size: Number(size),
      usedAt: Number(usedAt),
      needs,
      held: name.includes('!') ? 'is called a' : undefined,
    };
  });

const cases: Readonly<
  Record<string, { readonly has: readonly string[]; readonly keep: number; readonly until?: number; readonly goes: string }>
> = {
  'nothing goes while all fits the budget': { has: ['a 10 1', 'b 10 2'], keep: 20, goes: '' },
  'the one that was not used for the longest time goes first': {
    has: ['new 10 3', 'old 10 1', 'middle 10 2'],
    keep: 10,
    goes: 'old middle',
  },
  'a budget of nothing takes everything that nothing holds': { has: ['a 10 1', 'b! 10 2'], keep: 0, goes: 'a' },
  'what is held counts for no budget': { has: ['a 10 1', 'b! 1000 2'], keep: 10, goes: '' },
  'what something held needs stays, however far below': {
    has: ['top! 1 9 middle', 'middle 1 1 low', 'low 1 0', 'other 1 5'],
    keep: 0,
    goes: 'other',
  },
  'what stands on something goes before it': { has: ['low 10 1', 'high 10 1 low'], keep: 0, goes: 'high low' },
  'something old stays as long as something fresh needs it': { has: ['low 10 1', 'high 10 9 low', 'other 10 5'], keep: 20, goes: 'other' },
  'whoever is needed by what stays does, too': { has: ['low 10 1', 'high 10 9 low'], keep: 10, goes: 'high' },
  'only what is old enough goes': { has: ['a 10 1', 'b 10 5', 'c 10 9'], keep: 0, until: 5, goes: 'a b' },
  'something old under something too fresh stays': { has: ['low 10 1', 'high 10 9 low'], keep: 0, until: 5, goes: '' },
  'a need that nobody knows is none': { has: ['a 10 1 unknown'], keep: 0, goes: 'a' },
  'a circle is no trap': { has: ['a 10 1 b', 'b 10 1 a'], keep: 0, goes: 'a b' },
};
for (const [title, { has, keep, until, goes }] of Object.entries(cases))
  test(title, (t) => {
    const all = items(...has);
    const { removed, freed, kept, held } = planCollection(all, { keep, until });
    t.is(removed.map(({ item }) => item.id).join(' '), goes);
    t.is(
      freed + kept + held,
      all.reduce((sum, { size }) => sum + size, 0),
    );
    t.is(
      freed,
      removed.reduce((sum, { item }) => sum + item.size, 0),
    );
  });

test('a need is found by any of its names', (t) => {
  const [layer, snapshot] = items('layer! 1 1 directory/x', 'snapshot 1 1') as [StoredItem, StoredItem];
  t.deepEqual(planCollection([layer, { ...snapshot, aliases: ['directory/x'] }], { keep: 0 }).removed, []);
});

test('what is in use right now stays', (t) => {
  const [mount] = items('mount 1 1') as [StoredItem];
  t.deepEqual(planCollection([{ ...mount, active: 'is mounted' }], { keep: 0 }).removed, []);
});

test('a hundred thousand items that stand on each other are planned', (t) => {
  const chain = items(...Array.from({ length: 100_000 }, (_, i) => `n${i} 1 ${i} n${i - 1}`));
  t.is(planCollection(chain, { keep: 10 }).removed.length, 99_990);
});
