import { MergedTree, readFile, resolvePath, walk } from '@varve/core/archive';
import test from 'ava';
import type { Layer } from '../../image/layer.ts';
import { contentsOf, dir, file, link } from './helpers.ts';

const TREE = await MergedTree.of([
  {
    index: async () => [
      link('abs', '/usr/bin'),
      link('chain', 'rel'),
      dir('etc'),
      file('etc/passwd', 'root:x:0:0'),
      link('loop', 'loop2'),
      link('loop2', 'loop'),
      link('out', '../../../../etc/passwd'),
      link('rel', './usr/../usr/bin/'),
      link('self', 'self/x'),
      dir('usr'),
      dir('usr/bin'),
      file('usr/bin/sh'),
      link('usr/bin/up', '../../etc'),
      link('void', 'not/there'),
    ],
    contents: async () => contentsOf({ 'etc/passwd': 'root:x:0:0' }),
  } as unknown as Layer, // no more of it is asked for
]);

const resolves = test.macro({
  exec(t, path: string, expected: string, exists = true) {
    const found = resolvePath(TREE, path);
    t.deepEqual({ path: found.path, exists: found.exists }, { path: expected, exists });
  },
  title: (_, path, expected) => `${JSON.stringify(path)} is ${JSON.stringify(expected)}`,
});
test(resolves, '', '');
test(resolves, '/', '');
test(resolves, '/usr/bin/sh', 'usr/bin/sh');
test(resolves, 'abs/sh', 'usr/bin/sh');
test(resolves, 'rel/sh', 'usr/bin/sh');
test(resolves, 'chain', 'usr/bin');
test(resolves, 'chain/up/passwd', 'etc/passwd');
test(resolves, 'abs/../lib', 'usr/lib', false);
test(resolves, 'out', 'etc/passwd');
test(resolves, '../../etc/./passwd', 'etc/passwd');
test(resolves, 'void', 'not/there', false);
test(resolves, 'void/x', 'not/there/x', false);
test(resolves, 'new/a/../b', 'new/b', false);
test(resolves, 'etc/passwd/x', 'etc/passwd/x', false);

test('the last component is not followed where that is asked', (t) => {
  t.is(resolvePath(TREE, 'chain', { followLast: false }).path, 'chain');
  t.is(resolvePath(TREE, 'abs/up', { followLast: false }).path, 'usr/bin/up');
});

test('symlinks that lead to themselves are refused', (t) => {
  t.throws(() => resolvePath(TREE, 'loop/x'), { code: 'PATH_LOOP' });
  t.throws(() => resolvePath(TREE, 'self'), { code: 'PATH_LOOP' });
});

test('a walk is depth-first and sorted', (t) => {
  t.deepEqual(
    [...walk(TREE, 'usr')].map(({ path }) => path),
    ['usr', 'usr/bin', 'usr/bin/sh', 'usr/bin/up'],
  );
});

test('a walk of nothing finds nothing', (t) => {
  t.deepEqual([...walk(TREE, 'nope')], []);
});

test('a file is read through symlinks', async (t) => {
  t.is((await readFile(TREE, 'out', 100))?.toString(), 'root:x:0:0');
});

test('what is no file has no bytes', async (t) => {
  t.deepEqual([await readFile(TREE, 'etc', 100), await readFile(TREE, 'void', 100)], [undefined, undefined]);
});

test('a file beyond the limit is refused', async (t) => {
  await t.throwsAsync(readFile(TREE, 'etc/passwd', 9), { code: 'FILE_TOO_LARGE' });
});
