import {
  chmodSync,
  closeSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { joinPath, scanDirectory } from '@varve/core/archive';
import { makeNode, setMtime, setXattr } from '@varve/core/system';
import { temporaryDir, whyMissing } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { copyTree } from '../src/copy-tree.ts';

const isRoot = whyMissing(['root']) === undefined;

/** What is put into the source directory; the copy must scan the same. */
const copies = test.macro({
  async exec(t, fill: (root: string) => void) {
    const { from, to } = twoDirs(t);
    fill(from);
    await copyTree(from, to);
    t.deepEqual(await scanDirectory(to), await scanDirectory(from));
  },
  title: (title) => `copying keeps ${title}`,
});

function twoDirs(t: ExecutionContext): { readonly from: string; readonly to: string } {
  const dir = temporaryDir(t);
  const [from, to] = [join(dir, 'from'), join(dir, 'to')];
  mkdirSync(from);
  mkdirSync(to);
  return { from, to };
}

const touch = (path: string, text = ''): void => writeFileSync(path, text);

test('nothing', copies, () => {});
test('the attributes of the directory itself', copies, (root) => {
  chmodSync(root, 0o1711);
  setMtime(root, 5, 6);
});
test('empty and deep directories', copies, (root) => mkdirSync(join(root, 'a/b/c/d'), { recursive: true }));
test('modes, also those that forbid everything', copies, (root) => {
  mkdirSync(join(root, 'd'));
  touch(join(root, 'd/f'));
  for (const [path, mode] of [
    ['d/f', 0],
    ['d', 0o311],
  ] as const)
    chmodSync(join(root, path), mode);
});
test('setuid, setgid and sticky bits', copies, (root) => {
  touch(join(root, 'f'));
  mkdirSync(join(root, 'd'));
  chmodSync(join(root, 'f'), 0o6755);
  chmodSync(join(root, 'd'), 0o3777);
});
test('hard links in several directories', copies, (root) => {
  mkdirSync(join(root, 'd'));
  touch(join(root, 'f'), 'text');
  for (const path of ['d/g', 'a']) linkSync(join(root, 'f'), join(root, path));
});
test('symlinks, also to nowhere and outside', copies, (root) => {
  for (const target of ['nowhere', '/etc/passwd', '../..']) symlinkSync(target, join(root, target.replaceAll(/\W/g, '_')));
});
test('times to the nanosecond', copies, (root) => {
  touch(join(root, 'f'));
  symlinkSync('x', join(root, 's'));
  for (const name of ['f', 's']) setMtime(join(root, name), -7, 987_654_321);
});
test('extended attributes', copies, (root) => {
  touch(join(root, 'f'));
  setXattr(join(root, 'f'), 'user.x', Buffer.from([0, 255]));
  setXattr(root, 'user.y', Buffer.alloc(0));
});
test('names that are not UTF-8', copies, (root) => {
  mkdirSync(joinPath(root, 'd\udcff'));
  writeFileSync(joinPath(root, 'd\udcff/f\udc80'), '');
  symlinkSync(Buffer.from([0xfe]), joinPath(root, 's'));
});
test('FIFOs', copies, (root) => makeNode(join(root, 'p'), { type: 'fifo', mode: 0o640 }));

if (isRoot) {
  test('owners, with their setuid bits and capabilities', copies, (root) => {
    touch(join(root, 'f'));
    lchownSync(join(root, 'f'), 70_000, 80_000);
    chmodSync(join(root, 'f'), 0o4755);
    setXattr(join(root, 'f'), 'security.capability', Buffer.from(`01000002${'00'.repeat(16)}`, 'hex'));
    symlinkSync('f', join(root, 's'));
    lchownSync(join(root, 's'), 1, 2);
  });
  test('devices', copies, (root) => makeNode(join(root, 'c'), { type: 'char', mode: 0o666, major: 1, minor: 3 }));
}

test('holes stay holes', async (t) => {
  const { from, to } = twoDirs(t);
  const fd = openSync(join(from, 'f'), 'w');
  for (const at of [0, 5_000_000, 20_000_001]) writeSync(fd, Buffer.alloc(10_000, 7), 0, 10_000, at);
  closeSync(fd);
  truncateSync(join(from, 'f'), 64_000_000);
  await copyTree(from, to);
  t.true(readFileSync(join(from, 'f')).equals(readFileSync(join(to, 'f'))));
  t.true(lstatSync(join(to, 'f')).blocks <= lstatSync(join(from, 'f')).blocks + 64);
});

test('a big file keeps its bytes', async (t) => {
  const { from, to } = twoDirs(t);
  writeFileSync(join(from, 'f'), Buffer.alloc(9_000_001, 'abc'));
  await copyTree(from, to);
  t.true(readFileSync(join(from, 'f')).equals(readFileSync(join(to, 'f'))));
});

test('writing into the copy does not change the source', async (t) => {
  const { from, to } = twoDirs(t);
  touch(join(from, 'f'), 'old');
  await copyTree(from, to);
  touch(join(to, 'f'), 'new');
  t.is(readFileSync(join(from, 'f'), 'utf8'), 'old');
});

test('the event loop goes on while a big tree is copied', async (t) => {
  const { from, to } = twoDirs(t);
  for (let i = 0; i < 3000; i++) touch(join(from, String(i)));
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await copyTree(from, to);
  clearInterval(timer);
  t.true(turns >= 5, `${turns} turns`);
});
