import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
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

/** What a process is shown: an overlay on the directory, or a copy of it. */
const shows = anyTest.macro({
  async exec(t, how: 'overlay' | 'copy', arrange: (dir: string) => unknown, { shown = 'deep\nfile\n', ...more }: Rest = {}) {
    const dir = contextOf(t);
    const undo = arrange(dir);
    try {
      const { source, stdout } = await show(t, dir, more);
      if (how === 'overlay') t.is(source, 'overlay');
      else t.notRegex(source ?? '', new RegExp(`^(?:overlay|${dir})`));
      t.is(stdout, shown);
    } finally {
      if (typeof undo === 'function') undo();
    }
    t.is(readFileSync(join(dir, 'src/file'), 'utf8'), 'content');
    t.deepEqual(
      readdirSync(join(dir, 'src')).filter((name) => name === 'new'),
      [],
    );
  },
  title: (title, how) => `${how === 'overlay' ? 'an overlay' : 'a copy'} is shown ${title}`,
});
interface Rest extends Shown {
  readonly shown?: string;
}
const nothing = () => undefined;
const writable = { writable: true };
test('where a file is ignored', shows, 'overlay', nothing, { ignore: ['src/deep/file'], command: 'ls /mnt/deep', shown: '' });
test('where a directory is ignored', shows, 'overlay', nothing, { ignore: ['src/deep'], command: 'ls /mnt', shown: 'file\n' });
test('where all but a file is ignored', shows, 'overlay', nothing, {
  ignore: ['**', '!src/deep/file'],
  command: 'cd /mnt && ls . deep',
  shown: '.:\ndeep\n\ndeep:\nfile\n',
});
test(
  'where something is ignored, with the mode and time of what is not',
  shows,
  'overlay',
  (dir) => {
    chmodSync(join(dir, 'src/deep'), 0o1700);
    utimesSync(join(dir, 'src/deep'), 7, 7);
  },
  { ignore: ['src/deep/file'], command: 'stat -c "%a %Y" /mnt/deep', shown: '1700 7\n' },
);
test('where something is ignored, and cannot be written', shows, 'overlay', nothing, {
  ignore: ['src/deep'],
  command: 'touch /mnt/new 2>/dev/null || echo no',
  shown: 'no\n',
});
test('where it may be written', shows, 'overlay', nothing, {
  mount: writable,
  command: 'echo new > /mnt/file; cat /mnt/file; touch /mnt/new; rm -r /mnt/deep; ls /mnt',
  shown: 'new\nfile\nnew\n',
});
test('where it may be written and something is ignored', shows, 'overlay', nothing, {
  mount: writable,
  ignore: ['src/deep'],
  command: 'echo new > /mnt/deep; cat /mnt/deep',
  shown: 'new\n',
});
test('of a file that may be written', shows, 'copy', nothing, {
  mount: { ...writable, source: 'src/file' },
  command: 'echo new > /mnt; cat /mnt',
  shown: 'new\n',
});
test('where something belongs to somebody', shows, 'copy', (dir) => chownSync(join(dir, 'src/deep/file'), 1000, 1000), {
  command: 'stat -c %u /mnt/deep/file',
  shown: '0\n',
});
test('where a socket could be spoken to', shows, 'copy', (dir) => {
  const server = createServer().listen(join(dir, 'src/socket'));
  return () => server.close();
});
test(
  'where an overlay would misunderstand its name',
  shows,
  'copy',
  (dir) => cpSync(join(dir, 'src'), join(dir, 'a:b'), { recursive: true }),
  {
    mount: { ...writable, source: 'a:b' },
  },
);
test(
  'where another file system is mounted in it',
  shows,
  'copy',
  (dir) => {
    mount({ type: 'tmpfs', source: 'tmpfs', target: join(dir, 'src/deep') });
    writeFileSync(join(dir, 'src/deep/inner'), '');
    return () => unmount(join(dir, 'src/deep'));
  },
  { command: 'ls /mnt/deep', shown: 'inner\n' },
);

/** A stage with a file of somebody's, and how often its view was given back. */
async function showStage(
  t: ExecutionContext,
  command: string,
  { view = true, ...more }: Partial<RunMount> & { readonly view?: boolean } = {},
) {
  const dir = contextOf(t);
  let open = 0;
  const viewOf = async () => {
    open += 1;
    return {
      root: dir,
      [Symbol.asyncDispose]: async () => {
        open -= 1;
      },
    };
  };
  const mounted = {
    type: 'bind' as const,
    from: { kind: 'stage' as const, name: 'a' },
    source: 'src',
    target: '/mnt',
    writable: false,
    ...more,
  };
  const other = { 'src/file': 'content', 'src/deep/file': 'deep' };
  const { asked, stdout } = await execute(t, run(command, { mounts: [mounted as RunMount] }), { other, ...(view && { viewOf }) });
  t.is(open, 0);
  t.is(readFileSync(join(dir, 'src/file'), 'utf8'), 'content');
  return { dir, source: asked[0]?.mounts[0]?.source, stdout };
}
test('a directory of a stage is shown where the stage is', async (t) => {
  const { dir, source, stdout } = await showStage(t, 'cat /mnt/file; touch /mnt/new 2>/dev/null || echo " no"');
  t.is(source, join(dir, 'src'));
  t.is(stdout, 'content no\n');
});
test('what is written to a stage is thrown away', async (t) => {
  t.like(await showStage(t, 'echo new > /mnt/file; cat /mnt/file', writable), { source: 'overlay', stdout: 'new\n' });
});
test('a stage that nobody can show is copied', async (t) => {
  t.is((await showStage(t, 'cat /mnt/file', { view: false })).stdout, 'content');
});

test('a symlink leads nowhere outside', async (t) => {
  const dir = contextOf(t);
  writeFileSync(join(dir, 'etc'), 'of the context');
  symlinkSync('/etc', join(dir, 'link'));
  t.like(await show(t, dir, { mount: { source: 'link' }, command: 'cat /mnt' }), { source: join(dir, 'etc'), stdout: 'of the context' });
});

test('files that change while a process reads them are noticed', async (t) => {
  const dir = contextOf(t);
  const host = new DirectoryTree(dir);
  t.is(host.hostPlace('src')?.path, join(dir, 'src')); // looked at before, as for the cache's key
  writeFileSync(join(dir, 'src/deep/file'), 'changed');
  const message = '/src/deep/file changed while a process read it';
  await t.throwsAsync(() => show(t, dir, { host, command: 'cat /mnt/deep/file' }), { code: 'SOURCE_CHANGED', message });
});
