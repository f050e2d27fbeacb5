import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { joinPath } from '../../archive/index.ts';
import { mount, mounts, removeTree } from '../../system/index.ts';
import { temporaryDir, whyMissing } from '../../testing/index.ts';

function tree(t: ExecutionContext): { readonly dir: string; readonly doomed: string } {
  const dir = temporaryDir(t);
  const doomed = join(dir, 'doomed');
  mkdirSync(doomed);
  return { dir, doomed };
}

test('a tree with anything in it is gone, and what its symlinks lead to is not', async (t) => {
  const { dir, doomed } = tree(t);
  writeFileSync(join(dir, 'kept'), '');
  symlinkSync('..', join(doomed, 'up'));
  symlinkSync(join(dir, 'kept'), join(doomed, 'out'));
  mkdirSync(join(doomed, 'a/b'), { recursive: true });
  writeFileSync(joinPath(doomed, 'a/\udcff'), '');
  for (const path of ['a/b', 'a']) chmodSync(join(doomed, path), 0);
  await removeTree(doomed);
  t.false(existsSync(doomed));
  t.true(existsSync(join(dir, 'kept')));
});

test('nothing happens where there is nothing', async (t) => {
  await t.notThrowsAsync(removeTree(join(tree(t).dir, 'missing')));
});

test('a tree that is deeper than paths can be is gone', async (t) => {
  const { doomed } = tree(t);
  const deep = 'for (let i = 0; i < 3000; i++) { fs.mkdirSync("a"); process.chdir("a"); }';
  t.is(spawnSync(process.execPath, ['-e', deep], { cwd: doomed }).status, 0);
  await removeTree(doomed);
  t.false(existsSync(doomed));
});

const missing = whyMissing(['linux', 'root']);
(missing === undefined ? test : test.skip)('what is mounted in the tree is unmounted and keeps its files', async (t) => {
  const { dir, doomed } = tree(t);
  mkdirSync(join(dir, 'precious'));
  writeFileSync(join(dir, 'precious', 'file'), '');
  mkdirSync(join(doomed, 'mnt'));
  for (let i = 0; i < 2; i++) mount({ type: 'bind', source: join(dir, 'precious'), target: join(doomed, 'mnt') });
  await removeTree(doomed);
  t.false(existsSync(doomed));
  t.true(existsSync(join(dir, 'precious', 'file')));
  t.false(mounts().some(({ target }) => target.startsWith(doomed)));
});
