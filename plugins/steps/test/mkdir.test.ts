import type { MkdirStep } from '@varve/core';
import { MergedTree } from '@varve/core/archive';
import { sketchLayer, stepScope, type TreeSketch } from '@varve/core/testing';
import test from 'ava';
import { mkdirHandler } from '../src/mkdir-handler.ts';
import { compareWithTar, showDraft } from './show-layer.ts';

const step = (path: string, owner = ''): MkdirStep => ({ kind: 'mkdir', title: 'WORKDIR', path, owner, mode: 0o755 });

async function make(path: string, { base = {}, owner = '' }: { base?: TreeSketch; owner?: string } = {}) {
  const scope = stepScope({ tree: await MergedTree.of([sketchLayer(base)]), epoch: 1_100_000_000 });
  const result = await mkdirHandler.execute(step(path, owner), scope);
  if (result.kind !== 'layer') throw new Error(`expected a layer, got ${result.kind}`);
  return { draft: result.draft, layer: showDraft(result.draft), warnings: scope.warnings.map(({ code }) => code) };
}

const makes = test.macro({
  async exec(t, path: string, options: Parameters<typeof make>[1], layer: readonly string[]) {
    const made = await make(path, options);
    t.deepEqual(made.layer, layer);
    await compareWithTar(t, made.draft);
  },
  title: (claim = '') => claim,
});
const passwd = { 'etc/passwd': 'web:x:101:102:::' };

test('a directory in an empty root', makes, '/app', {}, ['app d755 0:0']);
test('directories that are missing belong to the user', makes, '/srv/web/app', { base: passwd, owner: 'web' }, [
  'srv d755 101:102',
  'srv/web d755 101:102',
  'srv/web/app d755 101:102',
]);
test('a number needs no account', makes, '/app', { owner: '7:8' }, ['app d755 7:8']);
test('a directory that exists is an empty layer', makes, '/app', { base: { app: { dir: true, mode: 0o700, uid: 5 } }, owner: '7' }, []);
test('the root is an empty layer', makes, '/', {}, []);
test('a symlink to a directory is that directory', makes, '/app', { base: { real: { dir: true }, app: { symlink: 'real' } } }, []);
test('symlinks on the way are followed within the root', makes, '/l/app', { base: { 'real/x': '', l: { symlink: '../../real' } } }, [
  'real d755 0:0',
  'real/app d755 0:0',
]);
test('where a dangling symlink leads a directory is made', makes, '/l', { base: { l: { symlink: 'to/this' } } }, [
  'to d755 0:0',
  'to/this d755 0:0',
]);

test('somebody who is not there yet is root, with a warning', async (t) => {
  const { layer, warnings } = await make('/app', { owner: 'ghost' });
  t.deepEqual(layer, ['app d755 0:0']);
  t.deepEqual(warnings, ['USER_UNKNOWN']);
});

test('a file in the way is refused', async (t) => {
  await t.throwsAsync(() => make('/app/x', { base: { app: 'file' } }), { code: 'COPY_CONFLICT', message: 'mkdir /app: not a directory' });
  await t.throwsAsync(() => make('/app', { base: { app: 'file' } }), { code: 'COPY_CONFLICT', message: 'mkdir /app: not a directory' });
});

test('path, owner and mode are the key; the stage is not looked at', async (t) => {
  const scope = { ...stepScope(), tree: () => Promise.reject(new Error('looked at')) };
  t.deepEqual(await mkdirHandler.fingerprint(step('/app', 'web'), scope), { path: '/app', owner: 'web', mode: '755' });
});

test('it is the time of the epoch', async (t) => {
  const { draft } = await make('/app');
  t.like(draft.index.at(0), { mtime: { seconds: 1_100_000_000, nanoseconds: 0 } });
});
