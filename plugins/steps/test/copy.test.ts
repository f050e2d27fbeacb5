import test from 'ava';
import { type Case, compose, copy, STAGE } from './copy-bench.ts';
import { compareWithTar } from './show-layer.ts';

/** `files` are those of the stage with the layer on it. */
const copies = test.macro({
  async exec(t, what: Case, files: readonly string[]) {
    const made = await compose(what);
    t.deepEqual(made.files, files);
    await compareWithTar(t, made.draft);
  },
  title: (claim = '') => claim,
});

// Sources
const source = { a: 'A', 'd/x': 'X', 'd/s/y': 'Y', 'd/link': { symlink: 'x' }, empty: { dir: true } } as const;

test('a leading slash, ../ and a trailing slash of a source mean nothing', copies, { source, step: copy('/../../a/ ../d/x /o/') }, [
  'o d755 0:0',
  'o/a f644 0:0 A',
  'o/x f644 0:0 X',
]);
test('a directory copies its contents, symlinks in it stay symlinks', copies, { source, step: copy('d /o') }, [
  'o d755 0:0',
  'o/link l 0:0 -> x',
  'o/s d755 0:0',
  'o/s/y f644 0:0 Y',
  'o/x f644 0:0 X',
]);
test('the root of the context copies everything', copies, { source: { a: 'A', 'b/c': 'C' }, step: copy('. /o') }, [
  'o d755 0:0',
  'o/a f644 0:0 A',
  'o/b d755 0:0',
  'o/b/c f644 0:0 C',
]);
test('an empty directory makes the destination', copies, { source, step: copy('empty /o') }, ['o d755 0:0']);
test(
  'a symlink that is named is followed, by its own name',
  copies,
  { source: { 'd/x': 'X', l: { symlink: 'd/x' } }, step: copy('l /o/') },
  ['o d755 0:0', 'o/l f644 0:0 X'],
);
test(
  'a symlink to a directory that is named copies what is in there',
  copies,
  { source: { 'd/x': 'X', l: { symlink: '/d' } }, step: copy('l /o') },
  ['o d755 0:0', 'o/x f644 0:0 X'],
);
test(
  'a symlink out of the context leads into it',
  copies,
  { source: { 'etc/passwd': 'mine', l: { symlink: '../../../etc/passwd' }, m: { symlink: '/etc' } }, step: copy('l m/passwd /o/') },
  ['o d755 0:0', 'o/l f644 0:0 mine', 'o/passwd f644 0:0 mine'],
);
test('several directories are merged', copies, { source: { 'a/x': '1', 'b/x': '2', 'b/y': '3' }, step: copy('a b /o/') }, [
  'o d755 0:0',
  'o/x f644 0:0 2',
  'o/y f644 0:0 3',
]);

// Wildcards
const many = { 'a1.txt': '1', 'a2.txt': '2', 'b.md': 'b', 'sub/a3.txt': '3', 'sub/deep/a4.txt': '4', '[x]': 'x', 'st*r': 's' } as const;
const names = (dir: string, ...files: readonly string[]) => [`${dir} d755 0:0`, ...files.map((file) => `${dir}/${file}`)];
test('* stays in its directory', copies, { source: many, step: copy('*.txt /o/') }, names('o', 'a1.txt f644 0:0 1', 'a2.txt f644 0:0 2'));
test(
  '? and [classes] match one character',
  copies,
  { source: many, step: copy('a[13-9].t?t [^a[s]*.md /o/') },
  names('o', 'a1.txt f644 0:0 1', 'b.md f644 0:0 b'),
);
test('a wildcard in the middle', copies, { source: many, step: copy('s*/a?.txt /o/') }, names('o', 'a3.txt f644 0:0 3'));
test('** crosses directories', copies, { source: many, step: copy('**/a?.txt /o/') }, [
  'o d755 0:0',
  'o/a1.txt f644 0:0 1',
  'o/a2.txt f644 0:0 2',
  'o/a3.txt f644 0:0 3',
  'o/a4.txt f644 0:0 4',
]);
test(
  'a literal bracket is written as a class, a literal star escaped',
  copies,
  { source: many, step: copy('[[]x] st\\*r /o/') },
  names('o', '[x] f644 0:0 x', 'st*r f644 0:0 s'),
);
test('a directory that a wildcard matches copies its contents', copies, { source: many, step: copy('s?b /o') }, [
  'o d755 0:0',
  'o/a3.txt f644 0:0 3',
  'o/deep d755 0:0',
  'o/deep/a4.txt f644 0:0 4',
]);
test('a wildcard with one match may go to a file', copies, { source: many, step: copy('b.* /o') }, ['o f644 0:0 b']);

test('a wildcard without a match copies nothing, makes no destination, and warns', async (t) => {
  const { layer, warnings } = await compose({ source: many, step: copy('*.go /o/') });
  t.deepEqual(layer, []);
  t.deepEqual(warnings, ['COPY_NOTHING']);
});

test('a wildcard of several files to one name leaves the last, and warns', async (t) => {
  const { layer, warnings } = await compose({ source: { a1: '1', a2: '2' }, step: copy('a? /o') });
  t.deepEqual(layer, ['o f644 0:0 2']);
  t.deepEqual(warnings, ['COPY_OVERWRITTEN']);
});

// Destinations
test('a new name is a file', copies, { source, step: copy('a /o/p/q') }, ['o d755 0:0', 'o/p d755 0:0', 'o/p/q f644 0:0 A']);
test('a trailing slash means a directory', copies, { source, step: copy('a /o/p/') }, ['o d755 0:0', 'o/p d755 0:0', 'o/p/a f644 0:0 A']);
test('an existing directory is copied into', copies, { base: { o: { dir: true } }, source, step: copy('a /o') }, [
  'o d755 0:0',
  'o/a f644 0:0 A',
]);
test('a relative destination begins at the working directory', copies, { source, config: { WorkingDir: '/w' }, step: copy('a o') }, [
  'w d755 0:0',
  'w/o f644 0:0 A',
]);
for (const dest of ['.', './', ''])
  test(
    `the destination ${JSON.stringify(dest)} is the working directory`,
    copies,
    { source, config: { WorkingDir: '/w' }, step: { ...copy('a x'), dest } },
    ['w d755 0:0', 'w/a f644 0:0 A'],
  );
test('a destination does not leave the root', copies, { source, config: { WorkingDir: '/w' }, step: copy('a ../../../o') }, [
  'o f644 0:0 A',
]);
test(
  'a file replaces a file and a symlink is written through',
  copies,
  { base: { o: 'old', l: { symlink: 'o' } }, source, step: copy('a /l') },
  ['l l 0:0 -> o', 'o f644 0:0 A'],
);
test(
  'a symlinked destination is followed within the root',
  copies,
  { base: { 'real/x': 'x', l: { symlink: '/real' } }, source, step: copy('a /l/') },
  ['l l 0:0 -> /real', 'real d755 0:0', 'real/a f644 0:0 A', 'real/x f644 0:0 x'],
);
test('a symlink out of the root leads into it', copies, { base: { l: { symlink: '../../../out' } }, source, step: copy('a /l/b') }, [
  'l l 0:0 -> ../../../out',
  'out d755 0:0',
  'out/b f644 0:0 A',
]);
test('a dangling symlink is where the file goes', copies, { base: { l: { symlink: 'n/m' } }, source, step: copy('a /l') }, [
  'l l 0:0 -> n/m',
  'n d755 0:0',
  'n/m f644 0:0 A',
]);
test('a file in a directory replaces one of the same name', copies, { base: { 'o/x': 'old', 'o/z': 'Z' }, source, step: copy('d /o') }, [
  'o d755 0:0',
  'o/link l 0:0 -> x',
  'o/s d755 0:0',
  'o/s/y f644 0:0 Y',
  'o/x f644 0:0 X',
  'o/z f644 0:0 Z',
]);
test(
  'a file replaces a symlink in a directory',
  copies,
  { base: { 'o/x': { symlink: '/etc/passwd' } }, source: { 'd/x': 'X' }, step: copy('d /o') },
  ['o d755 0:0', 'o/x f644 0:0 X'],
);
test(
  '--link does not follow symlinks of the destination',
  copies,
  { base: { 'real/x': 'x', l: { symlink: '/real' } }, source, step: copy('a /l/', { link: true }) },
  ['l d755 0:0', 'l/a f644 0:0 A', 'real d755 0:0', 'real/x f644 0:0 x'],
);
test(
  '--link does not look at what is there',
  copies,
  { base: { o: { dir: true, mode: 0o1777, uid: 3, gid: 4 }, f: 'file' }, source, step: copy('a /o/f/x', { link: true }) },
  ['f f644 0:0 file', 'o d755 0:0', 'o/f d755 0:0', 'o/f/x f644 0:0 A'],
);

// Attributes
const private_ = { base: { o: { dir: true, mode: 0o1777, uid: 3, gid: 4 } } } as const;
test(
  'the destination keeps its attributes, directories below get those of the source',
  copies,
  {
    base: { ...private_.base, 'o/s': { dir: true, mode: 0o700 } },
    source: { d: { dir: true, mode: 0o711 }, 'd/s': { dir: true, mode: 0o750 } },
    step: copy('d /o'),
  },
  ['o d1777 3:4', 'o/s d750 0:0'],
);
test(
  'a destination that is made is 0755 whatever the source is',
  copies,
  { source: { d: { dir: true, mode: 0o700 }, 'd/x': 'X' }, step: copy('d /o') },
  ['o d755 0:0', 'o/x f644 0:0 X'],
);
const owned = { 'd/s': { dir: true, uid: 5, gid: 6 }, 'd/x': { text: 'X', uid: 7, gid: 8, mode: 0o6755 } } as const;
test('files of the context belong to root and keep setuid, setgid and sticky', copies, { source: owned, step: copy('d /o') }, [
  'o d755 0:0',
  'o/s d755 0:0',
  'o/x f6755 0:0 X',
]);
test('files of a stage keep their owners', copies, { source: owned, step: copy('d /o', { from: STAGE }) }, [
  'o d755 0:0',
  'o/s d755 5:6',
  'o/x f6755 7:8 X',
]);
const passwd = { 'etc/passwd': 'root:x:0:0::/root:/bin/sh\nweb:x:101:102:::\n', 'etc/group': 'root:x:0:\nstaff:x:50:web\n' } as const;
const chowned = test.macro({
  async exec(t, chown: string, owner: string, base: Case['base'] = passwd) {
    const { layer } = await compose({ base, source: owned, step: copy('d /o/p', { chown, from: STAGE }) });
    t.deepEqual(layer, [`o d755 ${owner}`, `o/p d755 ${owner}`, `o/p/s d755 ${owner}`, `o/p/x f6755 ${owner} X`]);
  },
  title: (_, chown) => `--chown=${chown} is for files and the directories made for them`,
});
test(chowned, '5', '5:5');
test(chowned, '5:7', '5:7', {});
test(chowned, 'web', '101:102');
test(chowned, 'web:staff', '101:50');
test(chowned, 'web:7', '101:7');
test(chowned, '9:staff', '9:50');
test(chowned, 'root:root', '0:0', {});

const modes = test.macro({
  async exec(t, chmod: string, file: string, dir: string, from: number = 0o640) {
    const { layer } = await compose({
      source: { 'd/f': { text: 'F', mode: from }, 'd/s': { dir: true, mode: 0o750 }, 'd/l': { symlink: 'f' } },
      step: copy('d /', { chmod }),
    });
    t.deepEqual(layer, [`f f${file} 0:0 F`, 'l l 0:0 -> f', `s d${dir} 0:0`]);
  },
  title: (_, chmod, file, _dir, from: number = 0o640) => `--chmod=${chmod} makes ${from.toString(8)} to ${file}`,
});
test(modes, '755', '755', '755');
test(modes, '0', '0', '0');
test(modes, '04711', '4711', '4711');
test(modes, '+x', '751', '751');
test(modes, 'u=rwX,go=rX', '644', '755');
test(modes, 'u=rwX,go=rX', '755', '755', 0o700);
test(modes, 'a+X', '640', '751');
test(modes, 'g=u', '660', '770');
test(modes, 'go=', '600', '700');
test(modes, 'go-rwx,u+s', '4600', '4700');
test(modes, 'ug+rw-x,o=g', '666', '666');
test(modes, '=r,+t', '1444', '1444');
test(modes, 'g+s', '2640', '2750');
test(modes, 'o=u-w', '644', '755', 0o640);

test('a layer has every directory on the way as it is, so that it can be unpacked alone', async (t) => {
  const { layer } = await compose({ base: { tmp: { dir: true, mode: 0o1777, uid: 1 }, 'tmp/z': 'Z' }, source, step: copy('a /tmp/o/b') });
  t.deepEqual(layer, ['tmp d1777 1:0', 'tmp/o d755 0:0', 'tmp/o/b f644 0:0 A']);
});

test('times and extended attributes are kept, newer times become the epoch', async (t) => {
  const mtime = { seconds: 1_050_000_000, nanoseconds: 5 };
  const xattrs = { 'security.capability': '\x01\0\0\x02', 'user.note': 'n', 'security.selinux': 's', 'user.overlay.opaque': 'y' };
  const { draft } = await compose({
    source: { a: { text: 'A', mtime, xattrs }, b: { text: 'B', mtime: { seconds: 2e9, nanoseconds: 5 } } },
    step: copy('a b /o/'),
  });
  const [dir, a, b] = draft.index;
  t.like(a, { mtime, xattrs: { 'security.capability': '\x01\0\0\x02', 'user.note': 'n' } });
  t.deepEqual(Object.keys((a as { xattrs: object }).xattrs).sort(), ['security.capability', 'user.note']);
  t.like(b, { mtime: { seconds: 1_100_000_000, nanoseconds: 0 } });
  t.like(dir, { mtime: { seconds: 1_100_000_000, nanoseconds: 0 } });
});

test('hard links within a copy stay hard links, also across sources', async (t) => {
  const { layer } = await compose({
    source: { 'd/a': 'same', 'd/z': { link: 'd/a' }, 'e/b': { link: 'd/a' } },
    step: copy('e d /', { from: STAGE }),
  });
  t.deepEqual(layer, ['a f644 0:0 same', 'b = a', 'z = a']);
});
test(
  'a name that another source takes leaves the rest of a hard link group alone',
  copies,
  { source: { 'd/a': 'same', 'd/b': { link: 'd/a' }, 'e/a': 'other' }, step: copy('d e /', { from: STAGE }) },
  ['a f644 0:0 other', 'b f644 0:0 same'],
);

// What is left out, and what is kept of paths
const project = {
  'src/a.ts': 'a',
  'src/a.test.ts': 't',
  'src/lib/b.ts': 'b',
  'src/lib/b.test.ts': 'u',
  'src/tmp/keep': 'k',
  'src/tmp/drop': 'd',
} as const;
test(
  '--exclude is relative to the source and in the syntax of ignore files',
  copies,
  { source: project, step: copy('src /o', { exclude: ['**/*.test.ts', 'tmp', '!tmp/keep'] }) },
  ['o d755 0:0', 'o/a.ts f644 0:0 a', 'o/lib d755 0:0', 'o/lib/b.ts f644 0:0 b', 'o/tmp d755 0:0', 'o/tmp/keep f644 0:0 k'],
);
test(
  '--exclude is about names of files that are named directly',
  copies,
  { source: project, step: copy('src/*.ts /o/', { exclude: ['*.test.ts'] }) },
  ['o d755 0:0', 'o/a.ts f644 0:0 a'],
);
test(
  '--parents keeps the path, with its directories as they are',
  copies,
  {
    source: { ...project, 'src/lib': { dir: true, mode: 0o700 } },
    step: copy('src/a.ts src/lib/b.ts /o', { parents: true }),
  },
  ['o d755 0:0', 'o/src d755 0:0', 'o/src/a.ts f644 0:0 a', 'o/src/lib d700 0:0', 'o/src/lib/b.ts f644 0:0 b'],
);
test('--parents keeps what follows /./', copies, { source: project, step: copy('src/./lib/b.ts /o/', { parents: true }) }, [
  'o d755 0:0',
  'o/lib d755 0:0',
  'o/lib/b.ts f644 0:0 b',
]);
test(
  '--parents with a wildcard',
  copies,
  { source: project, step: copy('src/**/b*.ts /o/', { parents: true, exclude: ['**/*.test.ts'] }) },
  ['o d755 0:0', 'o/src d755 0:0', 'o/src/lib d755 0:0', 'o/src/lib/b.ts f644 0:0 b'],
);
for (const path of ['src/lib/./', './src/lib/./.'])
  test(`--parents ${path} copies the contents`, copies, { source: project, step: copy(`${path} /o/`, { parents: true }) }, [
    'o d755 0:0',
    'o/b.test.ts f644 0:0 u',
    'o/b.ts f644 0:0 b',
  ]);

// Files written in the build file
test('inline files are 0644, after the other sources, and need no context', async (t) => {
  const step = { sources: [{ kind: 'inline', name: 'EOF', content: 'hé\n' }] as const };
  t.deepEqual((await compose({ step: { ...step, dest: '/o/' } })).layer, ['o d755 0:0', 'o/EOF f644 0:0 h\xc3\xa9\n']);
  t.deepEqual((await compose({ step: { ...step, dest: '/o', chmod: '700', chown: '3' } })).layer, ['o f700 3:3 h\xc3\xa9\n']);
});

test('a backslash that is part of a name', copies, { source: { 'a\\b': 'B' }, step: copy('a\\b /o') }, ['o f644 0:0 B']);
