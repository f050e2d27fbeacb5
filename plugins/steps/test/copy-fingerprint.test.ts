import { chmodSync, chownSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyParts } from '@varve/core';
import { DirectoryTree, type FileTree, MergedTree } from '@varve/core/archive';
import { sketchLayer, type TreeSketch, temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { type Case, copy, fingerprint, prepare, STAGE } from './copy-bench.ts';

/** Names of the parts in which two keys differ. */
const changed = (a: KeyParts, b: KeyParts): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).sort();

const files: TreeSketch = { 'd/a': 'A', 'd/s/b': 'B', 'd/l': { symlink: 'a' } };
const plain: Case = { source: files, step: copy('d /o') };

const differs = test.macro({
  async exec(t, other: Partial<Case>, parts: readonly string[], first: Case = plain) {
    t.deepEqual(changed(await fingerprint(first), await fingerprint({ ...first, ...other })), [...parts].sort());
  },
  title: (claim = '') => claim,
});
const withFile = (more: TreeSketch): Partial<Case> => ({ source: { ...files, ...more } });

test('equal files have equal keys', differs, { source: { ...files } }, []);
test('times do not count', differs, withFile({ 'd/a': { text: 'A', mtime: { seconds: 1, nanoseconds: 1 } } }), []);
test('bytes count, by file', differs, withFile({ 'd/a': 'a' }), ['file d/a']);
test('a file of the same size', differs, withFile({ 'd/s/b': 'C' }), ['file d/s/b']);
test('the mode counts', differs, withFile({ 'd/a': { text: 'A', mode: 0o755 } }), ['file d/a']);
test('the mode of a directory counts', differs, withFile({ 'd/s': { dir: true, mode: 0o700 } }), ['file d/s']);
test('the type counts', differs, withFile({ 'd/a': { symlink: 'x' } }), ['file d/a']);
test('where a symlink leads counts', differs, withFile({ 'd/l': { symlink: 'b' } }), ['file d/l']);
test('extended attributes count', differs, withFile({ 'd/a': { text: 'A', xattrs: { 'user.x': '1' } } }), ['file d/a']);
test('a new file counts', differs, withFile({ 'd/new': '' }), ['file d/new']);
test('an empty directory counts', differs, withFile({ 'd/empty': { dir: true } }), ['file d/empty']);
test('which names are one file counts', differs, { ...withFile({ 'd/z': { link: 'd/a' } }) }, ['file d/a', 'file d/z'], {
  source: { ...files, 'd/z': 'A' },
  step: copy('d /o'),
});
test('files that are not copied do not count', differs, withFile({ other: 'x' }), []);
test('excluded files do not count', differs, { source: { ...files, 'd/t': '2' } }, [], {
  source: { ...files, 'd/t': '1' },
  step: copy('d /o', { exclude: ['t'] }),
});
test('owners in the context do not count', differs, withFile({ 'd/a': { text: 'A', uid: 5 } }), []);
const fromStage: Case = { source: files, step: copy('d /o', { from: STAGE }) };
test('owners in a stage count', differs, withFile({ 'd/a': { text: 'A', uid: 5 } }), ['file d/a'], fromStage);
test('owners in a stage do not count with --chown', differs, withFile({ 'd/a': { text: 'A', uid: 5 } }), [], {
  source: files,
  step: copy('d /o', { from: STAGE, chown: '1' }),
});
test('the destination counts', differs, { step: copy('d /p') }, ['dest']);
test('whether the destination is a directory counts', differs, { step: copy('d /o/') }, ['dest']);
test('the working directory counts for a relative destination', differs, { config: { WorkingDir: '/v' } }, ['dest'], {
  source: files,
  config: { WorkingDir: '/w' },
  step: copy('d o'),
});
test('the working directory does not count for an absolute one', differs, { config: { WorkingDir: '/v' } }, []);
test('--chown counts', differs, { step: copy('d /o', { chown: 'web' }) }, ['chown']);
test('--chmod counts', differs, { step: copy('d /o', { chmod: '755' }) }, ['chmod']);
test('other flags count', differs, { step: copy('d /o', { link: true }) }, ['flags']);
test('inline files count', differs, { step: { sources: [{ kind: 'inline', name: 'EOF', content: 'b' }] } }, ['inline EOF'], {
  step: { sources: [{ kind: 'inline', name: 'EOF', content: 'a' }] },
});

const big = (count: number, dirs: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`src/d${i % dirs}/f${i}`, `text ${i}`]));

test('of thousands of files there are few parts, which still say where something changed', async (t) => {
  const source = big(2000, 20);
  const before = await fingerprint({ source, step: copy('src /o') });
  t.true(Object.keys(before).length <= 202);
  const after = await fingerprint({ source: { ...source, 'src/d7/f7': 'edited' }, step: copy('src /o') });
  t.deepEqual(changed(before, after), ['files src/d7']);
  const deep = Object.fromEntries(Object.entries(source).map(([path, text]) => [`work/${path}`, text]));
  t.true('files work/src/d7' in (await fingerprint({ source: deep, step: copy('. /o') })));
});

test('thousands of files come to the same as if what is excluded was not there', async (t) => {
  const source = { ...big(2000, 20), 'src/d7/a/b/c': 'c', 'src/d7/a/z': 'z', 'src/z': 'z' };
  const more = { ...source, ...Object.fromEntries(Object.keys(source).map((path) => [`${path}.md`, path])), 'src/d8/gone/x.md': 'x' };
  const fileParts = async (of: Case): Promise<KeyParts> =>
    Object.fromEntries(Object.entries(await fingerprint(of)).filter(([name]) => name.startsWith('file')));
  const found = await fileParts({ source: more, step: copy('src src/d7 /o/', { exclude: ['**/*.md', 'd8/gone'] }) });
  t.deepEqual(found, await fileParts({ source, step: copy('src src/d7 /o/') }));
});

test('with too many names in a source there is one part for the source, with too many sources one in all', async (t) => {
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`src/f${i}`, `${i}`]));
  const source = { ...wide, other: 'x' };
  t.deepEqual(Object.keys(await fingerprint({ source, step: copy('src other /o/') })).sort(), [
    'dest',
    'file other',
    'files src',
    'sources',
  ]);
  t.deepEqual(Object.keys(await fingerprint({ source, step: copy('src/* /o/') })).sort(), ['dest', 'files /', 'sources']);
});

test('all digests are asked for at once, and the stage is neither read nor opened', async (t) => {
  let calls = 0;
  let opened = 0;
  const merged = await MergedTree.of([sketchLayer(files)]);
  const source: FileTree = {
    get: (path) => merged.get(path),
    list: (path) => merged.list(path),
    open: async () => void opened++,
    content: (file) => merged.content(file),
    identity: (file) => merged.identity(file),
    digests: async (asked) => {
      calls++;
      return asked.map(({ path }) => path);
    },
  };
  const { handler, step, scope } = await prepare({ source, step: copy('d/a d /o/', { chown: 'web' }) });
  const noTree = { ...scope, tree: () => Promise.reject(new Error('the stage was looked at')) };
  await handler.fingerprint(step, noTree);
  t.deepEqual([calls, opened], [1, 0]);
});

test('names that are not UTF-8 are told apart', async (t) => {
  const keys = [0xfe, 0xff].map(async (byte) => {
    const context = temporaryDir(t);
    mkdirSync(join(context, 'd'));
    for (const name of [[byte], [0x61, byte]]) writeFileSync(Buffer.concat([Buffer.from(`${context}/d/`), Buffer.from(name)]), 'F');
    return await fingerprint({ source: new DirectoryTree(context), step: copy('d /o') });
  });
  const [first = {}, second = {}] = await Promise.all(keys);
  t.deepEqual(changed(first, second), ['file d/\\udcfe', 'file d/\\udcff', 'file d/a\\udcfe', 'file d/a\\udcff']);
});

test('a checkout by somebody else at another time has the same key', async (t) => {
  const keys = [0, 1].map(async (turn) => {
    const context = temporaryDir(t);
    mkdirSync(join(context, 'd'));
    const file = join(context, 'd/f');
    writeFileSync(file, 'F');
    chmodSync(file, 0o640);
    chmodSync(join(context, 'd'), 0o750);
    chownSync(file, turn, turn);
    utimesSync(file, 1e9 + turn, 1e9 + turn);
    return await fingerprint({ source: new DirectoryTree(context), step: copy('. /o') });
  });
  const [first, second] = await Promise.all(keys);
  t.deepEqual(first, second);
});

test(
  'the order of the sources counts: a later one replaces what an earlier one put there',
  differs,
  { step: copy('b a /o/') },
  ['sources'],
  {
    source: { 'a/x': 'A', 'b/x': 'B' },
    step: copy('a b /o/'),
  },
);
