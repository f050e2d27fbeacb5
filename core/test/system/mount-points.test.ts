import { existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MountTarget, makeDirectory, prepareMountPoints, RootView, setMtime } from '@varve/core/system';
import { scan, temporaryDir, whyMissing } from '@varve/core/testing';
import test from 'ava';

const missing = whyMissing(['linux']);
const withCalls = missing === undefined ? test : (test.skip as typeof test);
const note = missing === undefined ? '' : ` (skipped: ${missing})`;

function makeRoot(dir: string): string {
  const root = join(dir, 'root');
  for (const path of ['usr/share/etc', 'real']) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'file'), 'x');
  symlinkSync('/usr/share/etc', join(root, 'etc'));
  symlinkSync('../../../../../../../../../../real', join(root, 'up'));
  symlinkSync('loop', join(root, 'loop'));
  for (const path of ['usr/share/etc', 'usr/share', 'real', '']) setMtime(join(root, path), 1_000_000_000, 123_456_789);
  return root;
}

const found = test.macro({
  exec(t, asked: string, path: string) {
    t.is(new RootView(makeRoot(temporaryDir(t))).resolve(asked).path, path);
  },
  title: (_, asked, path) => `${asked} is ${path} in the root${note}`,
});
for (const [asked, path] of [
  ['/', '/'],
  ['/real', '/real'],
  ['/etc/hosts', '/usr/share/etc/hosts'],
  ['/etc/../x', '/usr/share/x'],
  ['/up/x', '/real/x'],
  ['/../../real/./x//y', '/real/x/y'],
  ['/missing/../real', '/real'],
] as const)
  withCalls(found, asked, path);

for (const path of ['/loop', '/loop/x', '/file/x', '/file/..'])
  withCalls(`${path} cannot be resolved${note}`, (t) => {
    t.throws(() => new RootView(makeRoot(temporaryDir(t))).resolve(path), { code: 'ROOT_PATH' });
  });

withCalls(`mount points are made, seen, and gone without a trace${note}`, (t) => {
  const root = makeRoot(temporaryDir(t));
  const before = scan(root);
  const targets: readonly MountTarget[] = [
    { target: '/etc/hosts', type: 'file' },
    { target: '/new/deep/dir', type: 'directory' },
    { target: '/up/file', type: 'file' },
  ];
  const points = prepareMountPoints(new RootView(root), targets);
  t.deepEqual(points.paths, ['/usr/share/etc/hosts', '/new/deep/dir', '/real/file']);
  t.true(lstatSync(join(root, 'new/deep/dir')).isDirectory());
  t.is(lstatSync(join(root, 'real')).mtimeMs, lstatSync(join(root, 'usr/share/etc')).mtimeMs);
  points.undo();
  points.undo();
  t.deepEqual(scan(root), before);
});

withCalls(`a mount point in a writable mount is made in what is mounted, and not in the root${note}`, (t) => {
  const dir = temporaryDir(t);
  const root = makeRoot(dir);
  const source = join(dir, 'source');
  mkdirSync(source);
  symlinkSync('/real', join(source, 'away'));
  const targets: readonly MountTarget[] = [
    { target: '/work', type: 'directory', source },
    { target: '/work/inner', type: 'directory' },
    { target: '/work/away/x', type: 'file' },
  ];
  using points = prepareMountPoints(new RootView(root), targets);
  t.deepEqual(points.paths, ['/work', '/work/inner', '/real/x']);
  t.true(existsSync(join(source, 'inner')));
  t.false(existsSync(join(root, 'work/inner')));
});

withCalls(`nothing is made in a read-only mount${note}`, (t) => {
  const dir = temporaryDir(t);
  const root = makeRoot(dir);
  mkdirSync(join(dir, 'source'));
  const before = scan(root);
  const targets: readonly MountTarget[] = [
    { target: '/work', type: 'directory', source: join(dir, 'source'), readOnly: true },
    { target: '/work/inner', type: 'directory' },
  ];
  t.throws(() => prepareMountPoints(new RootView(root), targets), { code: 'MOUNT_POINT' });
  t.deepEqual(scan(root), before);
  t.deepEqual(Object.keys(scan(join(dir, 'source'))), ['']);
});

withCalls(`two users of one mount point keep it until the last is done${note}`, (t) => {
  const root = makeRoot(temporaryDir(t));
  const prepare = () => prepareMountPoints(new RootView(root), [{ target: '/proc', type: 'directory' }]);
  const [first, second] = [prepare(), prepare()];
  first.undo();
  t.true(existsSync(join(root, 'proc')));
  second.undo();
  t.false(existsSync(join(root, 'proc')));
});

withCalls(`a working directory is made with its parents, and stays${note}`, (t) => {
  const root = makeRoot(temporaryDir(t));
  t.is(makeDirectory(new RootView(root), '/up/a/b').path, '/real/a/b');
  t.true(lstatSync(join(root, 'real/a/b')).isDirectory());
  t.throws(() => makeDirectory(new RootView(root), '/file'), { code: 'ROOT_PATH' });
});
