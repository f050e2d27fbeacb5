import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DirectoryTree } from '@varve/core/archive';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { blobStore } from './blob-store.ts';
import { type Case, compose, copy, fingerprint, prepare, unpacked } from './copy-bench.ts';
import { compareWithTar } from './show-layer.ts';

/** A file system object in short: text of a file, or what makes it. */
type Maker = string | ((path: string) => void);

/** A context with one archive, made by GNU tar of these files. */
function archive(
  t: ExecutionContext,
  files: Record<string, Maker>,
  { name = 'a.tar', flags = [] as readonly string[] } = {},
): DirectoryTree {
  const dir = temporaryDir(t);
  const [from, context] = [join(dir, 'from'), join(dir, 'context')];
  mkdirSync(from);
  mkdirSync(context);
  for (const [path, file] of Object.entries(files)) {
    const host = join(from, path);
    mkdirSync(dirname(host), { recursive: true });
    if (typeof file === 'string') writeFileSync(host, file);
    else file(host);
  }
  execFileSync('tar', ['-cf', join(context, name), ...flags, '--sort=name', '-C', from, ...Object.keys(files)]);
  return new DirectoryTree(context);
}

const add = (words: string, more: Case['step'] = {}): NonNullable<Case['step']> => unpacked(copy(words, more));
const store = (t: ExecutionContext) => blobStore(temporaryDir(t));
const owned = (path: string) => {
  writeFileSync(path, 'O');
  chownSync(path, 1000, 2000);
  chmodSync(path, 0o4751);
};
const directory = (mode: number) => (path: string) => {
  mkdirSync(path);
  chmodSync(path, mode);
};

const COMPRESSIONS = { none: [], gzip: ['-z'], bzip2: ['-j'], xz: ['-J'], zstd: ['--zstd'] } as const;
for (const [compression, flags] of Object.entries(COMPRESSIONS))
  test(`an archive is recognised by content and extracted: ${compression}`, async (t) => {
    const source = archive(t, { 'd/x': 'X', o: owned, l: (path) => symlinkSync('d/x', path) }, { name: 'notes.txt', flags });
    const made = await compose({ source, store: store(t), step: add('notes.txt /o') });
    t.deepEqual(made.layer, ['o d755 0:0', 'o/d d755 0:0', 'o/d/x f644 0:0 X', 'o/l l 0:0 -> d/x', 'o/o f4751 1000:2000 O']);
    await compareWithTar(t, made.draft);
  });

test('COPY never extracts', async (t) => {
  const source = archive(t, { x: 'X' });
  t.deepEqual(
    (await compose({ source, step: copy('a.tar /o/') })).layer.map((line) => line.slice(0, 20)),
    ['o d755 0:0', 'o/a.tar f644 0:0 x\0\0'],
  );
});

const notArchives: Record<string, (file: string) => void> = {
  'an empty file called x.tar.gz': (file) => writeFileSync(file, ''),
  'a text called x.tar': (file) => writeFileSync(file, 'hello'),
  'a tar of two zero blocks': (file) => writeFileSync(file, Buffer.alloc(10240)),
  'a gzipped text': (file) => writeFileSync(file, execFileSync('gzip', ['-c'], { input: 'hello' })),
  'what only begins like gzip': (file) => writeFileSync(file, Buffer.from('1f8b0800ffffffffffffffff', 'hex')),
  'a tar with a wrong checksum': (file) => writeFileSync(file, Buffer.alloc(1024, 'x')),
};
for (const [what, make] of Object.entries(notArchives))
  test(`${what} is copied`, async (t) => {
    const context = temporaryDir(t);
    make(join(context, 'x.tar.gz'));
    const { draft } = await compose({ source: new DirectoryTree(context), step: add('x.tar.gz /o/') });
    t.deepEqual(
      [...draft.index].map(({ path }) => path),
      ['o', 'o/x.tar.gz'],
    );
    await compareWithTar(t, draft);
  });

test('a directory among the sources is copied, other archives beside it are extracted', async (t) => {
  const source = archive(t, { x: 'X' });
  mkdirSync(join(source.root, 'd'));
  writeFileSync(join(source.root, 'd/y'), 'Y');
  t.deepEqual((await compose({ source, step: add('a.tar d /o/') })).layer, ['o d755 0:0', 'o/x f644 0:0 X', 'o/y f644 0:0 Y']);
});

test('--chown is for all members, --chmod for none', async (t) => {
  const source = archive(t, { o: owned });
  t.deepEqual((await compose({ source, step: add('a.tar /o/', { chown: '5:6', chmod: '600' }) })).layer, ['o d755 5:6', 'o/o f4751 5:6 O']);
});

test('the destination keeps its attributes, a directory in the archive gives its own', async (t) => {
  const source = archive(t, { '.': () => undefined, d: directory(0o700) });
  const base = { o: { dir: true, mode: 0o1777 }, 'o/d': { dir: true, uid: 5 }, 'o/d/kept': 'K' } as const;
  t.deepEqual((await compose({ base, source, step: add('a.tar /o') })).files, ['o d1777 0:0', 'o/d d700 0:0', 'o/d/kept f644 0:0 K']);
});

test('a member may replace a directory by a file, a file by a directory, and a symlink by a directory', async (t) => {
  const source = archive(t, { a: 'file', b: directory(0o755), 'b/x': 'X', c: directory(0o755), 'c/y': 'Y' });
  const base = { 'o/a/deep/z': 'Z', 'o/b': 'file', 'o/c': { symlink: '/elsewhere' }, 'elsewhere/w': 'W' } as const;
  const made = await compose({ base, source, step: add('a.tar /o') });
  t.deepEqual(made.files, [
    'elsewhere d755 0:0',
    'elsewhere/w f644 0:0 W',
    'o d755 0:0',
    'o/a f644 0:0 file',
    'o/b d755 0:0',
    'o/b/x f644 0:0 X',
    'o/c d755 0:0',
    'o/c/y f644 0:0 Y',
  ]);
  await compareWithTar(t, made.draft);
});

test('of a directory that one archive replaces by a file and the next by a directory nothing old comes back', async (t) => {
  const source = archive(t, { a: 'file' });
  const later = archive(t, { a: directory(0o755), 'a/new': 'N' }, { flags: ['--no-recursion'] });
  writeFileSync(join(source.root, 'b.tar'), readFileSync(join(later.root, 'a.tar')));
  const made = await compose({ base: { 'a/old': 'O', 'b/x': 'X' }, source, step: add('a.tar b.tar /') });
  t.deepEqual(made.files, ['a d755 0:0', 'a/new f644 0:0 N', 'b d755 0:0', 'b/x f644 0:0 X']);
  t.deepEqual(made.layer, ['a d755 0:0', 'a opaque', 'a/new f644 0:0 N']);
  await compareWithTar(t, made.draft);
});

test('symlinks on the way are followed within the root, those of the archive too', async (t) => {
  const source = archive(t, { l: (path) => symlinkSync('../../../real', path) });
  const second = archive(t, { 'l/f': 'F', 'bin/tool': 'T' }, { flags: ['--no-recursion'] });
  writeFileSync(join(source.root, 'b.tar'), readFileSync(join(second.root, 'a.tar')));
  const base = { 'usr/bin/sh': 'S', bin: { symlink: 'usr/bin' } } as const;
  t.deepEqual((await compose({ base, source, step: add('a.tar b.tar /') })).files, [
    'bin l 0:0 -> usr/bin',
    'l l 0:0 -> ../../../real',
    'real d755 0:0',
    'real/f f644 0:0 F',
    'usr d755 0:0',
    'usr/bin d755 0:0',
    'usr/bin/sh f644 0:0 S',
    'usr/bin/tool f644 0:0 T',
  ]);
});

test('members that name places outside are refused', async (t) => {
  const source = archive(t, { x: 'X' }, { flags: ['-P', '--transform=s,^,../../../,'] });
  await t.throwsAsync(() => compose({ source, step: add('a.tar /o/') }), { code: 'TAR_PATH' });
});

test('hard links, times and special files are kept', async (t) => {
  const source = archive(t, {
    a: 'A',
    b: (path) => linkSync(join(dirname(path), 'a'), path),
    old: (path) => {
      writeFileSync(path, '');
      utimesSync(path, 1e9, 1e9);
    },
    fifo: (path) => execFileSync('mkfifo', [path]),
    null: (path) => execFileSync('mknod', ['-m', '666', path, 'c', '1', '3']),
  });
  const { draft, layer } = await compose({ source, step: add('a.tar /') });
  t.deepEqual(layer, ['a f644 0:0 A', 'b = a', 'fifo p644 0:0', 'null c666 0:0 1,3', 'old f644 0:0 ']);
  t.like(draft.index.at(4), { mtime: { seconds: 1e9 } });
  await compareWithTar(t, draft);
});

test('a hard link to a file of the image brings that file into the layer', async (t) => {
  const source = archive(t, { a: 'A', b: (path) => linkSync(join(dirname(path), 'a'), path) });
  execFileSync('tar', ['--delete', '-f', join(source.root, 'a.tar'), 'a']);
  t.deepEqual((await compose({ base: { a: 'base' }, source, step: add('a.tar /') })).files, ['a f644 0:0 base', 'b f644 0:0 base']);
  await t.throwsAsync(() => compose({ source, step: add('a.tar /') }), { code: 'COPY_ARCHIVE' });
});

test('an archive is extracted without opening the layers below', async (t) => {
  const { handler, step, scope } = await prepare({ base: { a: 'base' }, source: archive(t, { x: 'X' }), step: add('a.tar /') });
  const tree = await scope.tree();
  const closed = {
    ...scope,
    tree: async () => Object.assign(Object.create(tree), { get: tree.get.bind(tree), open: () => Promise.reject(new Error('opened')) }),
  };
  t.is((await handler.execute(step, closed)).kind, 'layer');
});

test('a member that is called like a whiteout is refused, not obeyed', async (t) => {
  const source = archive(t, { 'd/.wh.x': '' });
  await t.throwsAsync(() => compose({ base: { 'd/x': 'X' }, source, step: add('a.tar /') }), { code: 'LAYER_WHITEOUT_NAME' });
});

test('a truncated archive is an error', async (t) => {
  const source = archive(t, { x: 'x'.repeat(5000) });
  truncateSync(join(source.root, 'a.tar'), 2000);
  await t.throwsAsync(() => compose({ source: new DirectoryTree(source.root), step: add('a.tar /') }), { code: 'TAR_TRUNCATED' });
});

test('whether archives are extracted is part of the key, what is in them by the digest of the archive', async (t) => {
  const source = archive(t, { x: 'X' });
  const parts = await fingerprint({ source, step: add('a.tar /o/') });
  t.like(parts, { dest: '/o/', flags: 'unpack' });
  t.deepEqual(Object.keys(parts), ['dest', 'sources', 'flags', 'file a.tar']);
});
