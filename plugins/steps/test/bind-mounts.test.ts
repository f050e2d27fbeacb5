import { chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { RunMount } from '@varve/core';
import { createPatternMatcher, DirectoryTree } from '@varve/core/archive';
import { mount, unmount } from '@varve/core/system';
import { temporaryDir, whyMissing } from '@varve/core/testing';
import anyTest, { type ExecutionContext } from 'ava';
import { execute, run } from './run-bench.ts';

const reason = whyMissing(['linux', 'root']);
const test = reason === undefined ? anyTest : anyTest.skip;

/** A directory with a file and a directory in it. */
function contextOf(t: ExecutionContext): string {
  const dir = temporaryDir(t);
  mkdirSync(join(dir, 'src/deep'), { recursive: true });
  writeFileSync(join(dir, 'src/file'), 'content');
  writeFileSync(join(dir, 'src/deep/file'), 'deep');
  return dir;
}
interface Shown {
  readonly mount?: Partial<RunMount & { readonly type: 'bind' }>;
  readonly ignore?: readonly string[];
  readonly command?: string;
  readonly host?: DirectoryTree;
}
async function show(t: ExecutionContext, dir: string, { mount: more = {}, ignore = [], command = 'ls /mnt', ...given }: Shown = {}) {
  const { host = new DirectoryTree(dir, { ignore: createPatternMatcher(ignore) }) } = given;
  const step = run(command, {
    mounts: [{ type: 'bind', from: { kind: 'context' }, source: 'src', target: '/mnt', writable: false, ...more }],
  });
  const { asked, stdout } = await execute(t, step, { host });
  return { source: asked[0]?.mounts[0]?.source, stdout };
}

test('a directory that can only be read is shown itself', async (t) => {
  const dir = contextOf(t);
  t.deepEqual(await show(t, dir, { command: 'cat /mnt/file /mnt/deep/file; touch /mnt/new 2>/dev/null || echo " no"' }), {
    source: join(dir, 'src'),
    stdout: 'contentdeep no\n',
  });
});

test('so is a file', async (t) => {
  const dir = contextOf(t);
  t.deepEqual(await show(t, dir, { mount: { source: 'src/file' }, command: 'cat /mnt' }), {
    source: join(dir, 'src/file'),
    stdout: 'content',
  });
});

test('what is hidden elsewhere is none of its business', async (t) => {
  const dir = contextOf(t);
  writeFileSync(join(dir, 'secret'), '');
  t.is((await show(t, dir, { ignore: ['secret', 'src/nothing'] })).source, join(dir, 'src'));
});

/** What makes a copy necessary. */
const copies = anyTest.macro({
  async exec(t, arrange: (dir: string) => unknown, { shown = 'deep\nfile\n', ...more }: Shown & { readonly shown?: string } = {}) {
    const dir = contextOf(t);
    const undo = arrange(dir);
    try {
      const { source, stdout } = await show(t, dir, more);
      t.notRegex(source ?? '', new RegExp(`^${dir}`));
      t.is(stdout, shown);
    } finally {
      if (typeof undo === 'function') undo();
    }
    t.is(readFileSync(join(dir, 'src/file'), 'utf8'), 'content');
  },
  title: (title) => `a copy is shown ${title}`,
});
const nothing = () => undefined;
test('where something is ignored', copies, nothing, { ignore: ['src/deep/file'], command: 'ls /mnt/deep', shown: '' });
test('where it may be written', copies, nothing, {
  mount: { writable: true },
  command: 'echo new > /mnt/file; cat /mnt/file',
  shown: 'new\n',
});
test('where something belongs to somebody', copies, (dir) => chownSync(join(dir, 'src/deep/file'), 1000, 1000), {
  command: 'stat -c %u /mnt/deep/file',
  shown: '0\n',
});
test('where a socket could be spoken to', copies, (dir) => {
  const server = createServer().listen(join(dir, 'src/socket'));
  return () => server.close();
});
test(
  'where another file system is mounted in it',
  copies,
  (dir) => {
    mount({ type: 'tmpfs', source: 'tmpfs', target: join(dir, 'src/deep') });
    writeFileSync(join(dir, 'src/deep/inner'), '');
    return () => unmount(join(dir, 'src/deep'));
  },
  { command: 'ls /mnt/deep', shown: 'inner\n' },
);

test('a symlink leads nowhere outside', async (t) => {
  const dir = contextOf(t);
  writeFileSync(join(dir, 'etc'), 'of the context');
  symlinkSync('/etc', join(dir, 'link'));
  t.like(await show(t, dir, { mount: { source: 'link' }, command: 'cat /mnt' }), { source: join(dir, 'etc'), stdout: 'of the context' });
});

test('files that change while a process reads them are noticed', async (t) => {
  const dir = contextOf(t);
  const host = new DirectoryTree(dir);
  t.is(host.hostPath('src'), join(dir, 'src')); // looked at before, as for the cache's key
  writeFileSync(join(dir, 'src/deep/file'), 'changed');
  const message = '/src/deep/file changed while a process read it';
  await t.throwsAsync(() => show(t, dir, { host, command: 'cat /mnt/deep/file' }), { code: 'SOURCE_CHANGED', message });
});
