import type { Entry } from '@varve/core/archive';
import { entry, fixtureIndex } from '@varve/core/testing';
import test from 'ava';
import { decodeIndex, encodeIndex } from '../src/index-format.ts';

const survives = test.macro({
  exec(t, entries: readonly Entry[]) {
    const index = fixtureIndex(entries);
    const read = decodeIndex(Buffer.concat(encodeIndex(index)));
    t.deepEqual([...(read ?? [])], index);
    t.deepEqual(
      index.map((_, row) => read?.at(row)),
      index,
    );
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
    t.is(decodeIndex(Buffer.from(text)), undefined);
  });

test('no beginning of an index is taken for an index', (t) => {
  const bytes = Buffer.concat(encodeIndex(fixtureIndex([entry.dir('a'), entry.file('a/b', 3), entry.symlink('c', 'd')])));
  for (let length = 0; length < bytes.length; length++) t.is(decodeIndex(bytes.subarray(0, length)), undefined);
});

test('no index with a byte that is another is taken for an index', (t) => {
  const bytes = Buffer.concat(encodeIndex(fixtureIndex([entry.dir('a'), entry.file('a/b', 3)])));
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes);
    other[at] = (other[at] ?? 0) ^ 1;
    t.is(decodeIndex(other), undefined);
  }
});

test('an index of an earlier format is read', (t) => {
  const columns = {
    format: 1,
    paths: ['a', 'a/b', 'a/c', 'd'],
    types: 'dfhs',
    attributes: [
      [0o755, 0, 0],
      [0o644, 1, 2, { 'user.x': 'y' }],
    ],
    attribute: [0, 1, 0],
    seconds: [1, 2, 3],
    nanoseconds: [4, 5, 6],
    sizes: [7],
    offsets: [512],
    targets: ['a/b', 'a'],
    devices: [],
  };
  t.deepEqual([...(decodeIndex(Buffer.from(JSON.stringify(columns))) ?? [])] as readonly unknown[], [
    { type: 'directory', path: 'a', mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 1, nanoseconds: 4 } },
    {
      type: 'file',
      path: 'a/b',
      mode: 0o644,
      uid: 1,
      gid: 2,
      mtime: { seconds: 2, nanoseconds: 5 },
      size: 7,
      xattrs: { 'user.x': 'y' },
      offset: 512,
    },
    { type: 'hardlink', path: 'a/c', target: 'a/b' },
    { type: 'symlink', path: 'd', mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 3, nanoseconds: 6 }, target: 'a' },
  ]);
});
