import { contentSize, type Entry, hashIndex, packIndex } from '@varve/core/archive';
import test from 'ava';
import { dir, file, hardlink, link, opaque, whiteout } from './helpers.ts';

const MANY = 20_000;
const device = (path: string): Entry => ({ ...dir(path), type: 'char', major: 4095, minor: 1_048_575 });

const packs = test.macro({
  exec(t, entries: readonly Entry[]) {
    const packed = packIndex(entries);
    t.deepEqual([...packed], entries);
    t.deepEqual(packed.values().toArray(), entries);
    t.deepEqual(
      entries.map((_, row) => packed.at(row)),
      entries,
    );
    t.deepEqual([packed.length, packed.at(-1), packed.at(entries.length)], [entries.length, entries.at(-1), undefined]);
  },
  title: (name = '') => `a packed index has ${name}`,
});
test('nothing, where nothing was packed', packs, []);
test('every type of entry', packs, [
  dir(''),
  dir('d'),
  opaque('d'),
  whiteout('d/gone'),
  file('d/f', 'text', { offset: 512 }),
  hardlink('d/g', 'd/f'),
  link('d/l', '../d'),
  { ...dir('d/p'), type: 'fifo' },
  device('e'),
]);
test('names of any bytes', packs, [
  file('a\udc80\udcff'),
  dir('\udcfe'),
  file('\udcfe/ü'),
  file('line\nbreak'),
  file(`${'n'.repeat(255)}`),
  link('s', '\udcfe'),
]);
test('numbers of any size', packs, [
  file('a', '', {
    size: 2 ** 52,
    offset: 2 ** 52,
    uid: 2 ** 32 - 2,
    mode: 0o7777,
    mtime: { seconds: -62_135_596_800, nanoseconds: 999_999_999 },
  }),
  file('b', '', { xattrs: { 'user.x': '\u0000\u00ff' } }),
]);
test(
  'as many entries as were packed',
  packs,
  Array.from({ length: 1000 }, (_, i) => file(`d${i % 7}/${i}`, `${i}`)),
);

test('a file takes less than a hundred bytes', (t) => {
  const path = (i: number) => `node_modules/some-package-${Math.floor(i / 20)}/lib/file-number-${i}.js`;
  const { columns, directories, parents, ends, names } = packIndex(Array.from({ length: MANY }, (_, i) => file(path(i)))).parts;
  const { types, attributes, seconds, nanoseconds, sizes, offsets } = columns;
  const all = [types, attributes, seconds, nanoseconds, sizes, offsets, parents, ends, names];
  const bytes = all.reduce((sum, { buffer }) => sum + buffer.byteLength, directories.join('').length);
  t.true(bytes < MANY * 100, `${bytes / MANY}`);
});

test('what is hashed is what an index says, however it is kept', (t) => {
  const entries = [dir('d'), file('d/f', 'text'), link('l', 'd')];
  t.is(hashIndex(entries), hashIndex(packIndex([...entries])));
  const others: readonly (readonly Entry[])[] = [
    [dir('d'), file('d/f', 'texts'), link('l', 'd')],
    [dir('d'), file('d/g', 'text'), link('l', 'd')],
    [dir('d'), file('d/f', 'text'), link('l', 'e')],
    [dir('d', { mode: 0o700 }), file('d/f', 'text'), link('l', 'd')],
    [dir('d'), file('d/f', 'text', { mtime: { seconds: 1, nanoseconds: 0 } }), link('l', 'd')],
    [dir('d'), file('df', 'text'), link('l', 'd')],
    entries.slice(0, 2),
  ];
  t.is(new Set([entries, ...others].map(hashIndex)).size, others.length + 1);
});

test('the size of the contents is that of the files', (t) => {
  const entries = [dir('d'), file('d/f', 'text'), hardlink('d/g', 'd/f'), file('h', 'more')];
  t.deepEqual([contentSize(entries), contentSize(packIndex(entries))], [8, 8]);
});

const entries = [
  dir(''),
  dir('d'),
  opaque('d'),
  whiteout('d/gone'),
  file('d/f'),
  hardlink('d/g', 'd/f'),
  dir('d/h'),
  file('d/h/\udcfe'),
  file('e'),
];
const finds = test.macro({
  exec(t, order: readonly string[]) {
    const index = packIndex(entries);
    for (const path of order) t.is(index.at(index.rowOf(path))?.path, path);
    for (const path of ['d/a', 'f', 'd/f/x', 'h']) t.is(index.rowOf(path), -1);
  },
  title: (name = '') => `a packed index finds files ${name}`,
});
test('in their order', finds, ['d/f', 'd/h/\udcfe', 'e']);
test('in any order, also other names', finds, ['e', 'd/g', 'd/g', 'd/f', 'e', 'd/h/\udcfe']);
