import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createPatternMatcher, DirectoryTree, type FileEntry, pathOf, scanDirectory, walk } from '@varve/core/archive';
import test, { type ExecutionContext } from 'ava';
import { makeTemp } from './helpers.ts';

function makeTree(t: ExecutionContext, paths: readonly string[]): string {
  const root = makeTemp(t);
  for (const path of paths) {
    mkdirSync(`${root}/${path}`.replace(/[^/]*$/, ''), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(`${root}/${path}`, path);
  }
  return root;
}
const pathsOf = (tree: DirectoryTree): string[] => [...walk(tree, '')].map(({ path }) => path).slice(1);

test('a directory shows what is in it', (t) => {
  const tree = new DirectoryTree(makeTree(t, ['b/c', 'b-', 'a']));
  t.deepEqual(pathsOf(tree), ['a', 'b', 'b/c', 'b-']);
});

const hides = test.macro({
  exec(t, patterns: readonly string[], expected: readonly string[]) {
    const root = makeTree(t, ['a.log', 'a.txt', 'd/a.log', 'd/a.txt', 'd/e/keep', 'd/e/x', 'empty/']);
    t.deepEqual(pathsOf(new DirectoryTree(root, { ignore: createPatternMatcher(patterns) })), expected);
  },
  title: (_, patterns: readonly string[]) => `${patterns.join(' ; ')} hides what it matches`,
});
test(hides, ['**/*.log'], ['a.txt', 'd', 'd/a.txt', 'd/e', 'd/e/keep', 'd/e/x', 'empty']);
test(hides, ['d'], ['a.log', 'a.txt', 'empty']);
test(hides, ['d', '!d/e/keep'], ['a.log', 'a.txt', 'd', 'd/e', 'd/e/keep', 'empty']);
test(hides, ['*', '!d/e'], ['d', 'd/e', 'd/e/keep', 'd/e/x']);
test(hides, ['*', '!**/nope'], []);
test(hides, ['**', '!**/keep', 'd/e/keep'], []);

test('what is hidden is not found by its path either', (t) => {
  const tree = new DirectoryTree(makeTree(t, ['d/a', 'd/b']), { ignore: createPatternMatcher(['d/a']) });
  t.deepEqual([tree.get('d/a'), tree.get('d/b')?.type], [undefined, 'file']);
});

test('an ignored directory is not looked into', (t) => {
  const tree = new DirectoryTree(makeTree(t, ['d/x/y', 'a']), { ignore: createPatternMatcher(['d', '!a']) });
  chmodSync(`${tree.root}/d`, 0);
  t.deepEqual(pathsOf(tree), ['a']);
});

test('symlinks are not followed', (t) => {
  const root = makeTree(t, ['d/a']);
  symlinkSync('d', `${root}/s`);
  const tree = new DirectoryTree(root);
  t.deepEqual([tree.get('s/a'), tree.list('s'), tree.get('s')?.type], [undefined, [], 'symlink']);
});

test('the root may be given by a symlink', async (t) => {
  const root = makeTree(t, ['d/a']);
  symlinkSync('d', `${root}/s`);
  t.deepEqual(pathsOf(new DirectoryTree(`${root}/s`)), ['a']);
  t.deepEqual(
    (await scanDirectory(`${root}/s`)).map(({ path }) => path),
    ['', 'a'],
  );
});

test('names that are not UTF-8 are found', (t) => {
  const root = makeTemp(t);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/a`), Buffer.from([0xff])]), 'x');
  const tree = new DirectoryTree(root);
  t.deepEqual(pathsOf(tree), ['a\udcff']);
  t.is((tree.get('a\udcff') as FileEntry).size, 1);
});

test('times keep their nanoseconds, also before 1970', (t) => {
  const root = makeTree(t, ['a', 'b']);
  execFileSync('touch', ['-d', '1969-12-31T23:59:58.123456789Z', `${root}/a`]);
  utimesSync(`${root}/b`, 5, 5);
  const tree = new DirectoryTree(root);
  t.deepEqual(tree.get('a')?.mtime, { seconds: -2, nanoseconds: 123_456_789 });
  t.deepEqual(tree.get('b')?.mtime, { seconds: 5, nanoseconds: 0 });
});

test('xattrs are exact', (t) => {
  const root = makeTree(t, ['a', 'b']);
  execFileSync('setfattr', ['-n', 'user.x', '-v', '0x80ff00', `${root}/a`]);
  t.deepEqual(new DirectoryTree(root).get('a')?.xattrs, { 'user.x': '\x80\xff\x00' });
  t.is(new DirectoryTree(root).get('b')?.xattrs, undefined);
  t.is(new DirectoryTree(root, { xattrs: false }).get('a')?.xattrs, undefined);
});

test('hard links have one identity', (t) => {
  const root = makeTree(t, ['a', 'c']);
  linkSync(`${root}/a`, `${root}/b`);
  const tree = new DirectoryTree(root);
  const [a, b, c] = ['a', 'b', 'c'].map((path) => tree.identity(tree.get(path) as FileEntry));
  t.truthy(a);
  t.is(a, b);
  t.is(c, undefined);
});

test('digests come from the injected hasher with stamps', async (t) => {
  const root = makeTree(t, ['a']);
  const asked: string[] = [];
  const hash = async (files: readonly { path: string; stamp: { size: number } }[]): Promise<string[]> =>
    files.map(({ path, stamp }) => {
      asked.push(`${path} ${stamp.size}`);
      return 'sha256:x';
    });
  const tree = new DirectoryTree(root, { hash });
  t.deepEqual(await tree.digests([tree.get('a') as FileEntry]), ['sha256:x']);
  t.deepEqual(asked, [`${root}/a 1`]);
});

test('without a hasher files are read', async (t) => {
  const tree = new DirectoryTree(makeTree(t, ['a']));
  t.deepEqual(await tree.digests([tree.get('a') as FileEntry]), [`sha256:${createHash('sha256').update('a').digest('hex')}`]);
});

test('a file stays what it was when it was first looked at, whether its directory was listed then or later', (t) => {
  const root = makeTree(t, ['d/a', 'd/b', 'd/c', 'd/d']);
  const tree = new DirectoryTree(root);
  const first = tree.get('d/b');
  writeFileSync(`${root}/d/b`, 'other text');
  writeFileSync(`${root}/d/c`, 'other text');
  t.deepEqual(tree.list('d'), ['a', 'b', 'c', 'd']);
  t.deepEqual(tree.get('d/b'), first);
  t.is((tree.get('d/c') as FileEntry).size, 10);
  writeFileSync(`${root}/d/c`, '');
  t.is((tree.get('d/c') as FileEntry).size, 10);
});

test('files are found in any order of asking', (t) => {
  const names = ['a', 'ä', 'b-', 'b', 'ba', '\udcff', '\uffee', '😀'];
  const root = makeTemp(t);
  for (const name of names) writeFileSync(pathOf(`${root}/${name}`), '');
  const tree = new DirectoryTree(root);
  tree.list('');
  for (const name of [...names, ...names.toReversed(), 'b', 'a', '😀', 'a']) t.is(tree.get(name)?.path, name);
  for (const name of ['', 'A', 'aa', 'c', '\udcfe', 'b/a']) t.is(tree.get(name)?.type, name === '' ? 'directory' : undefined);
});
