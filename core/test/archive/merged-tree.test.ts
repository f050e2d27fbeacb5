import { createHash } from 'node:crypto';
import { type Entry, type FileEntry, MergedTree, normaliseIndex, walk } from '@varve/core/archive';
import test from 'ava';
import type { Layer } from '../../image/layer.ts';
import { contentsOf, dir, file, hardlink, link, opaque, whiteout } from './helpers.ts';

/** A layer whose files have `text` of their path, marked with the layer's name. */
const layer = (name: string, ...entries: readonly Entry[]): Layer => ({
  id: name as Layer['id'], // no digest is needed here
  index: async () => normaliseIndex(entries),
  contents:
    async () =>
    ({ path }) => ({ kind: 'bytes', bytes: Buffer.from(`${name}:${path}`) }),
  tar: () => {
    throw new Error('not asked for');
  },
  diffId: () => {
    throw new Error('not asked for');
  },
  size: () => {
    throw new Error('not asked for');
  },
});

const shows = test.macro({
  async exec(t, _: string, layers: readonly Layer[], expected: readonly string[]) {
    const tree = await MergedTree.of(layers);
    const found = [...walk(tree, '')].map(({ path, type }) => (type === 'directory' ? `${path}/` : path));
    t.deepEqual(found.slice(1), expected);
    t.is(found[0], '/');
  },
  title: (_, claim: string) => claim,
});
const base = layer('base', dir('d'), file('d/a'), file('d/b'), dir('d/e'), file('d/e/f'), file('z'));
test(shows, 'a layer shows what it has', [base], ['d/', 'd/a', 'd/b', 'd/e/', 'd/e/f', 'z']);
test(shows, 'no layers show an empty root', [], []);
test(shows, 'a whiteout removes a file', [base, layer('l', dir('d'), whiteout('d/a'))], ['d/', 'd/b', 'd/e/', 'd/e/f', 'z']);
test(shows, 'a whiteout removes a whole directory', [base, layer('l', whiteout('d'))], ['z']);
test(shows, 'a whiteout of nothing removes nothing', [base, layer('l', whiteout('x'))], ['d/', 'd/a', 'd/b', 'd/e/', 'd/e/f', 'z']);
test(shows, 'a whiteout of nothing makes the directory that it is in', [layer('l', whiteout('n/x'))], ['n/']);
test(shows, 'a layer may bring back what it removes', [base, layer('l', whiteout('d'), dir('d'), file('d/n'))], ['d/', 'd/n', 'z']);
test(
  shows,
  'an opaque marker hides what is below, not beside it',
  [base, layer('l', dir('d'), opaque('d'), file('d/n'))],
  ['d/', 'd/n', 'z'],
);
test(shows, 'an opaque root hides everything below', [base, layer('l', opaque(''), file('n'))], ['n']);
test(shows, 'a file replaces a directory', [base, layer('l', file('d'))], ['d', 'z']);
test(shows, 'a directory replaces a file', [base, layer('l', dir('z'), file('z/n'))], ['d/', 'd/a', 'd/b', 'd/e/', 'd/e/f', 'z/', 'z/n']);
test(
  shows,
  'a directory keeps what layers below have in it',
  [base, layer('l', dir('d', { mode: 0o700 }), file('d/n'))],
  ['d/', 'd/a', 'd/b', 'd/e/', 'd/e/f', 'd/n', 'z'],
);
test(shows, 'a directory in between need not be mentioned', [layer('l', file('a/b/c'))], ['a/', 'a/b/', 'a/b/c']);
test(
  shows,
  'a directory in between replaces a symlink',
  [layer('a', link('lib', 'usr/lib')), layer('b', file('lib/x'))],
  ['lib/', 'lib/x'],
);
test(
  shows,
  'names sort by bytes',
  [layer('l', file('a-b'), file('a/x'), file('B'), file('\udcff'), file('é'))],
  ['B', 'a/', 'a/x', 'a-b', 'é', '\udcff'],
);

test('a directory has the attributes of the topmost layer that mentions it', async (t) => {
  const tree = await MergedTree.of([base, layer('m', dir('d', { mode: 0o700 })), layer('l', file('d/n'))]);
  t.is(tree.get('d')?.mode, 0o700);
});

test('a hard link is a file of its own name', async (t) => {
  const tree = await MergedTree.of([layer('l', file('a', 'x', { mode: 0o600 }), hardlink('b', 'a'))]);
  t.deepEqual(tree.get('b'), file('b', 'x', { mode: 0o600 }));
});

test('nothing is found below symlinks and files', async (t) => {
  const tree = await MergedTree.of([layer('l', dir('d'), file('d/a'), link('s', 'd'))]);
  t.deepEqual(
    [tree.get('s/a'), tree.get('d/a/x'), tree.get('nope/x'), tree.list('s'), tree.list('d/a')],
    [undefined, undefined, undefined, [], []],
  );
});

const fileOf = (tree: MergedTree, path: string): FileEntry => tree.get(path) as FileEntry;

test('content comes from the layer that has the file', async (t) => {
  const tree = await MergedTree.of([base, layer('top', file('d/a'), hardlink('h', 'd/a'))]);
  await tree.open();
  const texts = ['d/a', 'd/b', 'h'].map((path) => {
    const content = tree.content(fileOf(tree, path));
    return content.kind === 'bytes' ? Buffer.from(content.bytes).toString() : '';
  });
  t.deepEqual(texts, ['top:d/a', 'base:d/b', 'top:d/a']);
});

test('content cannot be had before the tree is open', async (t) => {
  const tree = await MergedTree.of([base]);
  t.throws(() => tree.content(fileOf(tree, 'z')), { message: /before the tree is open/ });
});

test('digests are hashed on demand', async (t) => {
  const tree = await MergedTree.of([base]);
  const expected = `sha256:${createHash('sha256').update('base:z').digest('hex')}`;
  t.deepEqual(await tree.digests([fileOf(tree, 'z'), fileOf(tree, 'z')]), [expected, expected]);
});

test('names of one file have one identity, a single name has none', async (t) => {
  const linked = layer('l', file('a'), hardlink('b', 'a'), hardlink('c', 'a'), file('x'));
  const all = await MergedTree.of([linked]);
  const one = await MergedTree.of([linked, layer('m', whiteout('a'), file('b'))]);
  t.truthy(all.identity(fileOf(all, 'a')));
  t.is(all.identity(fileOf(all, 'a')), all.identity(fileOf(all, 'c')));
  t.is(all.identity(fileOf(all, 'x')), undefined);
  t.is(one.identity(fileOf(one, 'c')), undefined);
  t.is(one.identity(fileOf(one, 'b')), undefined);
});

test('a layer that cannot be opened can be tried again', async (t) => {
  let count = 0;
  const contents: Layer['contents'] = async () => {
    if (count++ === 0) throw new Error('network');
    return contentsOf();
  };
  const tree = await MergedTree.of([{ ...base, contents }]);
  await t.throwsAsync(tree.open(), { message: 'network' });
  await t.notThrowsAsync(tree.open());
});
