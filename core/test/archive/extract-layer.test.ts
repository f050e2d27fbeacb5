import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { type Entry, type ExtractOptions, extractLayer, scanDirectory, scanUpper } from '@varve/core/archive';
import { getXattr, setMtime } from '@varve/core/system';
import test from 'ava';
import { asRoot, contentsOf, dir, file, hardlink, link, makeTemp, opaque, whiteout } from './helpers.ts';

const apply = (root: string, index: readonly Entry[], options: Partial<ExtractOptions> = {}): Promise<void> =>
  extractLayer(index, contentsOf(), root, { whiteouts: 'apply', ...options });

const ALL: readonly Entry[] = [
  dir('', { mode: 0o711, uid: 3 }),
  { ...dir('block', { mode: 0o600 }), type: 'block', major: 259, minor: 1000 },
  { ...dir('char', { mode: 0o666, uid: 5 }), type: 'char', major: 1, minor: 3 },
  dir('d', { mode: 0o2750, uid: 1, gid: 2, mtime: { seconds: 5, nanoseconds: 123_456_789 }, xattrs: { 'user.d': '\xff' } }),
  file('d/suid', 'd/suid', { mode: 0o4755, uid: 1000, gid: 1000, xattrs: { 'user.x': '\x00\x80' } }),
  file('hard', 'hard', { mtime: { seconds: -2, nanoseconds: 999_999_999 } }),
  hardlink('hard2', 'hard'),
  { ...dir('pipe', { mode: 0o622 }), type: 'fifo' },
  dir('readonly', { mode: 0o555 }),
  file('readonly/f', 'readonly/f', { mode: 0 }),
  { ...link('sym', '../../\udcff'), uid: 7, gid: 8, mtime: { seconds: 9, nanoseconds: 1 } },
  file('\udcfe', '\ufffd'), // its text is its name, in UTF-8
];

asRoot('what was extracted scans as the index', async (t) => {
  const root = makeTemp(t);
  await apply(root, ALL);
  t.deepEqual(await scanDirectory(root), ALL);
  t.is(readFileSync(`${root}/d/suid`, 'utf8'), 'd/suid');
  t.is(lstatSync(`${root}/hard`).ino, lstatSync(`${root}/hard2`).ino);
});

asRoot('extracting twice gives the same', async (t) => {
  const root = makeTemp(t);
  await apply(root, ALL);
  await apply(root, ALL);
  t.deepEqual(await scanDirectory(root), ALL);
});

asRoot('a capability survives, though chown takes capabilities away', async (t) => {
  const root = makeTemp(t);
  const value = Buffer.from('0100000200040000000000000000000000000000', 'hex').toString('latin1');
  await apply(root, [file('f', 'f', { uid: 9, xattrs: { 'security.capability': value } })]);
  t.regex(execFileSync('getcap', [`${root}/f`], { encoding: 'utf8' }), /cap_net_bind_service[=+]ep/);
});

test('large contents are copied from their range', async (t) => {
  const root = makeTemp(t);
  const bytes = Buffer.alloc(3_000_000, 'some content ');
  writeFileSync(`${root}/blob`, bytes);
  mkdirSync(`${root}/x`);
  await extractLayer(
    [file('big', '', { size: 2_000_000 }), file('small', '', { size: 10 })],
    (entry) => ({ kind: 'range', file: `${root}/blob`, offset: 777, length: entry.size }),
    `${root}/x`,
    { whiteouts: 'apply', owners: 'mine' },
  );
  t.true(readFileSync(`${root}/x/big`).equals(bytes.subarray(777, 2_000_777)));
  t.true(readFileSync(`${root}/x/small`).equals(bytes.subarray(777, 787)));
});

test('a source that is too short is noticed', async (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/blob`, 'short');
  mkdirSync(`${root}/x`);
  for (const size of [10, 1_000_000]) {
    const content = () => ({ kind: 'range', file: `${root}/blob`, offset: 0, length: size }) as const;
    await t.throwsAsync(extractLayer([file(`f${size}`, '', { size })], content, `${root}/x`, { whiteouts: 'apply', owners: 'mine' }), {
      code: 'SOURCE_CHANGED',
    });
  }
});

/** A root with a secret beside it that no layer may reach. */
function jail(t: Parameters<typeof makeTemp>[0]): { root: string; outside: string } {
  const temp = makeTemp(t);
  mkdirSync(`${temp}/root`);
  mkdirSync(`${temp}/outside`);
  writeFileSync(`${temp}/outside/secret`, 'secret', { mode: 0o600 });
  return { root: `${temp}/root`, outside: `${temp}/outside` };
}

const stays = test.macro({
  async exec(t, _: string, prepare: (root: string, outside: string) => void, index: (outside: string) => readonly Entry[]) {
    const { root, outside } = jail(t);
    prepare(root, outside);
    const before = await scanDirectory(outside);
    for (const whiteouts of ['apply', 'overlay'] as const) await apply(root, index(outside), { whiteouts });
    t.deepEqual(await scanDirectory(outside), before);
    t.is(readFileSync(`${outside}/secret`, 'utf8'), 'secret');
  },
  title: (_, claim: string) => `nothing outside changes: ${claim}`,
});
const nothing = (): void => undefined;
if (process.getuid?.() === 0) {
  test(stays, 'a file below a symlink of the same layer', nothing, (outside) => [link('a', outside), file('a/secret')]);
  test(
    stays,
    'a file below a symlink that is there',
    (root, outside) => symlinkSync(outside, `${root}/a`),
    () => [file('a/secret')],
  );
  test(
    stays,
    'a file below a relative symlink that is there',
    (root) => symlinkSync('../outside', `${root}/a`),
    () => [dir('a/b'), file('a/b/c')],
  );
  test(
    stays,
    'a file over a symlink that is there',
    (root, outside) => symlinkSync(`${outside}/secret`, `${root}/a`),
    () => [file('a', 'a', { mode: 0o777 })],
  );
  test(
    stays,
    'a directory over a symlink that is there',
    (root, outside) => symlinkSync(outside, `${root}/a`),
    () => [dir('a', { mode: 0o777, uid: 9 })],
  );
  test(stays, 'a symlink with an owner', nothing, (outside) => [
    { ...link('a', `${outside}/secret`), uid: 9, mtime: { seconds: 1, nanoseconds: 0 } },
  ]);
  test(
    stays,
    'a whiteout of a symlink',
    (root, outside) => symlinkSync(outside, `${root}/a`),
    () => [whiteout('a')],
  );
  test(
    stays,
    'a whiteout below a symlink',
    (root, outside) => symlinkSync(outside, `${root}/a`),
    () => [whiteout('a/secret')],
  );
  test(
    stays,
    'an opaque symlink',
    (root, outside) => symlinkSync(outside, `${root}/a`),
    () => [opaque('a')],
  );
  test(
    stays,
    'a whiteout of a directory with symlinks',
    (root, outside) => {
      mkdirSync(`${root}/d`);
      symlinkSync(outside, `${root}/d/a`);
    },
    () => [whiteout('d')],
  );
  test(
    stays,
    'a file that is there and linked outside',
    (root, outside) => linkSync(`${outside}/secret`, `${root}/a`),
    () => [file('a', 'a', { mode: 0o777 })],
  );
  test(
    stays,
    'a hard link over a symlink',
    (root, outside) => symlinkSync(`${outside}/secret`, `${root}/b`),
    () => [file('a'), hardlink('b', 'a')],
  );
}

test('a hard link to a file that only the layers below have is refused', async (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/below`, 'x');
  await t.throwsAsync(apply(root, [hardlink('a', 'below')]), { code: 'LAYER_LINK' });
});

test('whiteouts remove and opaque markers empty', async (t) => {
  const root = makeTemp(t);
  for (const path of ['a/x/y', 'b/x', 'b/y/z', 'c']) {
    mkdirSync(`${root}/${path}`.replace(/[^/]*$/, ''), { recursive: true });
    writeFileSync(`${root}/${path}`, path);
  }
  await apply(root, [whiteout('a'), dir('b'), opaque('b'), file('b/n'), whiteout('gone')], { owners: 'mine' });
  t.deepEqual([readdirSync(root), readdirSync(`${root}/b`)], [['b', 'c'], ['n']]);
});

asRoot('for an overlay, markers become what it takes for them', async (t) => {
  const root = makeTemp(t);
  const index = [dir('d'), whiteout('d/x'), dir('d/e'), opaque('d/e'), file('d/e/y', 'd/e/y')];
  await apply(root, index, { whiteouts: 'overlay' });
  t.true(lstatSync(`${root}/d/x`).isCharacterDevice());
  t.is(getXattr(`${root}/d/e`, 'trusted.overlay.opaque')?.toString(), 'y');
  t.deepEqual([...(await scanUpper(root))].slice(1), index);
});

test('a whiteout of nothing makes no more than the directory that it is in', async (t) => {
  const root = makeTemp(t);
  await apply(root, [whiteout('a/b'), whiteout('c')], { owners: 'mine' });
  await apply(root, [whiteout('a/b'), whiteout('c')], { owners: 'mine', whiteouts: 'overlay', below: () => undefined });
  t.deepEqual(readdirSync(root, { recursive: true }), ['a']);
});

asRoot("overlay's own xattrs are never set, whatever the index says", async (t) => {
  const root = makeTemp(t);
  await apply(root, [dir('d', { xattrs: { 'trusted.overlay.redirect': '/etc' } })]);
  t.is(getXattr(`${root}/d`, 'trusted.overlay.redirect'), undefined);
});

asRoot('a char device 0:0 is refused', async (t) => {
  await t.throwsAsync(apply(makeTemp(t), [{ ...dir('x'), type: 'char', major: 0, minor: 0 }]), { code: 'LAYER_DEVICE' });
});

test('directories that the layer does not mention keep their times', async (t) => {
  const root = makeTemp(t);
  mkdirSync(`${root}/d/e`, { recursive: true });
  for (const path of [`${root}/d/e`, `${root}/d`, root]) setMtime(path, 77, 123_456_789);
  await apply(root, [file('d/e/f')], { owners: 'mine' });
  for (const path of [`${root}/d/e`, `${root}/d`, root]) t.is(lstatSync(path, { bigint: true }).mtimeNs, 77_123_456_789n, path);
});

asRoot('directories in between get the attributes that the layers below give them', async (t) => {
  const root = makeTemp(t);
  const below = dir('tmp', { mode: 0o1777, uid: 4, gid: 5, mtime: { seconds: 6, nanoseconds: 7 } });
  await apply(root, [file('tmp/d/f')], { whiteouts: 'overlay', below: (path) => (path === 'tmp' ? below : undefined) });
  const [, tmp, inner] = await scanDirectory(root);
  t.deepEqual(tmp, below);
  t.deepEqual(inner, dir('tmp/d', { mtime: { seconds: 0, nanoseconds: 0 } }));
});

asRoot('a directory loses the xattrs that its new entry does not have', async (t) => {
  const root = makeTemp(t);
  await apply(root, [dir('d', { xattrs: { 'user.a': '1', 'user.b': '1' } })]);
  await apply(root, [dir('d', { xattrs: { 'user.b': '2' } })]);
  t.deepEqual((await scanDirectory(root))[1], dir('d', { xattrs: { 'user.b': '2' } }));
});

test('who may not change owners gets the files all the same', async (t) => {
  const root = makeTemp(t);
  const skipped: string[] = [];
  const index: Entry[] = [
    { ...dir('char'), type: 'char', major: 1, minor: 3 },
    file('f', 'f', { uid: 12_345 }),
    { ...link('s', 'f'), uid: 12_345 },
  ];
  await apply(root, index, { owners: 'mine', onSkip: ({ path }) => skipped.push(path) });
  t.deepEqual(
    [skipped, existsSync(`${root}/char`), lstatSync(`${root}/f`).uid, readlinkSync(`${root}/s`)],
    [['char'], false, process.getuid?.(), 'f'],
  );
});

test('extracting ends when the signal says so', async (t) => {
  const index = Array.from({ length: 20_000 }, (_, i) => file(`f${i}`));
  await t.throwsAsync(apply(makeTemp(t), index, { owners: 'mine', signal: AbortSignal.timeout(30) }), { name: 'TimeoutError' });
});
