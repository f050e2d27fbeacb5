import { compareEntries, comparePaths, type Entry, encodeName } from '@varve/core/archive';
import test from 'ava';
import { dir, file, opaque, whiteout } from './helpers.ts';

const SORTED: readonly Entry[] = [
  dir(''),
  opaque(''),
  whiteout('z'),
  dir('a'),
  opaque('a'),
  whiteout('a/y'),
  whiteout('a/z'),
  file('a/!'),
  dir('a/b'),
  opaque('a/b'),
  whiteout('a/b/z'),
  file('a/b/c'),
  file('a/b-c'),
  file('a-b'),
  file('a.b'),
  file('aa'),
  file('b'),
  file('\uffee'),
  file('😀'),
];

test('entries sort by component, markers before names', (t) => {
  const shuffled = SORTED.toSorted((a, b) => (a.type + a.path.length + b.path).localeCompare(b.type + a.path));
  t.deepEqual(shuffled.toSorted(compareEntries), SORTED);
});

test('the order of any two entries is the reverse of the other way round', (t) => {
  for (const [i, a] of SORTED.entries()) {
    for (const [j, b] of SORTED.entries())
      t.is(Math.sign(compareEntries(a, b)), Math.sign(i - j), `${a.type} ${a.path}, ${b.type} ${b.path}`);
  }
});

test('paths sort by the bytes of their names', (t) => {
  const names = ['\udc80', '\udcff', '\u00ff', '\ufffd', '\u{10000}', 'z', '\ud7ff', '\ue000', '\udcc3'];
  const byBytes = names.toSorted((a, b) => Buffer.compare(encodeName(a), encodeName(b)));
  t.deepEqual(names.toSorted(comparePaths), byBytes);
});
