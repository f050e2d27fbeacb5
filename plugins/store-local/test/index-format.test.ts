import type { Entry, LayerIndex } from '@varve/core/archive';
import { entry, fixtureIndex } from '@varve/core/testing';
import test from 'ava';
import { decodeIndex, encodeIndex } from '../src/index-format.ts';

const survives = test.macro({
  exec(t, entries: readonly Entry[]) {
    const index: LayerIndex = fixtureIndex(entries);
    const text = encodeIndex(index);
    t.deepEqual(decodeIndex(Buffer.from(text, 'latin1').toString('latin1')), index);
  },
  title: (name) => `an index with ${name} is read as it was written`,
});
test('nothing in it', survives, []);
test('every type of entry', survives, [
  entry.dir('a'),
  entry.opaque('a'),
  entry.whiteout('a/gone'),
  entry.file('a/file', 3),
  entry.link('a/link', 'a/file'),
  entry.symlink('a/symlink', 'anywhere\n"'),
  entry.fifo('a/pipe'),
  entry.device('a/char', 'char', 4095, 1048575),
  entry.device('a/block', 'block', 0, 0),
]);
test('extended attributes of any bytes', survives, [
  entry.file('a', 1, { xattrs: { 'security.capability': '\u0001\u0000\u00ff' } }),
  entry.dir('b', { xattrs: { 'user.a': '', 'user.b': 'x' } }),
  entry.file('c', 1, { xattrs: { 'security.capability': '\u0001\u0000\u00ff' } }),
]);
test('names that are not UTF-8, not ASCII or full of signs', survives, [
  entry.file('\udc80\udcff', 1),
  entry.file('ünïcödé-😀', 1),
  entry.file('line\nbreak\u2028"\\', 1),
  entry.symlink('s', '\udcfe'),
]);
test('times before 1970 and sizes beyond 2^32', survives, [
  entry.file('a', 2 ** 40, { mtime: { seconds: -62135596800, nanoseconds: 999_999_999 }, mode: 0o7777, uid: 4294967294 }),
]);
test('offsets', survives, [
  { ...entry.file('a', 1), offset: 0 } as Entry,
  { ...entry.file('b', 1), offset: 2 ** 41 } as Entry,
  entry.file('c', 1),
]);

for (const text of [
  '',
  '{',
  'null',
  '[]',
  '{"format":1}',
  '{"format":1,"paths":["a"],"types":"f"}',
  '{"format":1,"paths":["a"],"types":"x"}',
])
  test(`${JSON.stringify(text)} is no index`, (t) => {
    t.is(decodeIndex(text), undefined);
  });

test('no beginning of an index is taken for an index', (t) => {
  const text = encodeIndex(fixtureIndex([entry.dir('a'), entry.file('a/b', 3), entry.symlink('c', 'd')]));
  for (let length = 0; length < text.length; length++) t.is(decodeIndex(text.slice(0, length)), undefined);
});
