import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import {
  canonicalChanges,
  DirectoryTree,
  diffTrees,
  type Entry,
  extractLayer,
  MergedTree,
  normaliseIndex,
  scanDirectory,
  scanUpper,
  upperChanges,
  walk,
} from '@varve/core/archive';
import { mount, mounts, setXattr, unmount } from '@varve/core/system';
import test from 'ava';
import type { Layer } from '../../image/layer.ts';
import { asRoot, contentsOf, dir, file, hardlink, link, makeTemp, opaque, whiteout } from './helpers.ts';

const layerOf = (entries: readonly Entry[]): Layer =>
  ({ index: async () => normaliseIndex(entries), contents: async () => contentsOf() }) as unknown as Layer; // no more of it is asked for

/** Says changes in paths, with the type of what is not a plain file. */
const say = (index: readonly Entry[]): string[] => index.map(({ type, path }) => (type === 'file' ? path : `${type} ${path}`));

const BASE: readonly Entry[] = [
  dir(''),
  dir('d'),
  file('d/a', 'd/a'),
  file('d/b', 'd/b', { xattrs: { 'user.x': '1' } }),
  dir('d/e'),
  file('d/e/f', 'd/e/f'),
  dir('d/e/g'),
  file('d/e/g/h', 'd/e/g/h'),
  dir('other'),
  file('other/x', 'other/x'),
  file('pair', 'pair'),
  hardlink('pair2', 'pair'),
  hardlink('other/pair3', 'pair'),
  link('sym', 'd'),
  file('z', 'z', { uid: 5 }),
];

interface Both {
  readonly overlay: readonly Entry[];
  readonly copied: readonly Entry[];
}

/** Runs the same commands in an overlay and in a copy of its lower directory, and asks both ways what changed. */
async function changeBoth(temp: string, commands: string): Promise<Both> {
  for (const name of ['lower', 'copy', 'upper', 'work', 'merged']) mkdirSync(`${temp}/${name}`);
  await extractLayer(BASE, contentsOf(), `${temp}/lower`, { whiteouts: 'apply' });
  execFileSync('cp', ['-a', '--', `${temp}/lower/.`, `${temp}/copy`]);
  writeFileSync(`${temp}/mark`, '');
  const since = lstatSync(`${temp}/mark`, { bigint: true }).ctimeNs;
  await overlaid(temp, () => execFileSync('sh', ['-euc', commands], { cwd: `${temp}/merged` }));
  execFileSync('sh', ['-euc', commands], { cwd: `${temp}/copy` });
  const tree = await MergedTree.of([layerOf(BASE)]);
  const overlay = [...(await upperChanges(`${temp}/upper`, tree))];
  const copied = [...(await diffTrees(`${temp}/lower`, `${temp}/copy`, { since }))];
  return { overlay, copied };
}

async function overlaid(temp: string, run: () => void): Promise<void> {
  const data = [
    `lowerdir=${temp}/lower`,
    `upperdir=${temp}/upper`,
    `workdir=${temp}/work`,
    'redirect_dir=off',
    'metacopy=off',
    'index=off',
  ];
  mount({ type: 'overlay', source: 'overlay', target: `${temp}/merged`, options: data });
  try {
    run();
  } finally {
    await unmount(`${temp}/merged`);
  }
}

/** Changes of this moment have times of their own: what is left is equal. */
const withoutTimes = (index: readonly Entry[]): unknown[] =>
  index.map((entry) => ('mtime' in entry && entry.mtime.seconds !== 1_700_000_000 ? { ...entry, mtime: 'now' } : entry));

function gives(claim: string, commands: string, expected: readonly string[]): void {
  asRoot(`${claim}: overlay and copied tree give the same layer`, async (t: Parameters<typeof makeTemp>[0]) => {
    const { overlay, copied } = await changeBoth(makeTemp(t), commands);
    t.deepEqual(say(overlay), expected);
    t.deepEqual(withoutTimes(copied), withoutTimes(overlay));
    t.is(normaliseIndex(overlay), overlay);
  });
}
gives('nothing', 'true', []);
gives('a new file', 'echo new > d/n', ['directory d', 'd/n']);
gives('a file that is written to', 'echo new > d/e/f', ['directory d', 'directory d/e', 'd/e/f']);
gives('a file with other bytes and the old time', 'echo ABC > d/a; touch -d @1700000000 d/a; truncate -s 3 d/a', ['directory d', 'd/a']);
gives(
  'a file with the same bytes and the old time',
  'cp -p d/a t; cat t > d/a; touch -d @1700000000 d/a; rm t; touch -d @1700000000 .',
  [],
);
gives('a file that gets the owner that it has', 'chown 5 z; chmod 644 z', []);
gives('a file that is touched', 'touch z', ['z']);
gives('a mode', 'chmod 600 d/e/f', ['directory d', 'directory d/e', 'd/e/f']);
gives("a directory's mode", 'chmod 700 other', ['directory other']);
gives('a directory that gets the mode that it has', 'chmod 755 other', []);
gives('an owner', 'chown -h 3:4 sym', ['symlink sym']);
gives('an xattr', 'setfattr -n user.x -v 2 d/b', ['directory d', 'd/b']);
gives('an xattr taken away', 'setfattr -x user.x d/b', ['directory d', 'd/b']);
gives('a file removed', 'rm d/a', ['directory d', 'whiteout d/a']);
gives('a directory removed', 'rm -r d/e', ['directory d', 'whiteout d/e']);
gives('a file made and removed', 'touch d/n; rm d/n', ['directory d']);
gives('a file removed and made anew', 'rm d/a; echo new > d/a', ['directory d', 'd/a']);
gives('a directory replaced by a file', 'rm -r d; echo new > d', ['d']);
gives('a file replaced by a directory', 'rm z; mkdir z; echo new > z/n', ['directory z', 'z/n']);
gives('a directory made anew, with one of its files', 'rm -r d/e; mkdir d/e; echo new > d/e/f', [
  'directory d',
  'directory d/e',
  'whiteout d/e/g',
  'd/e/f',
]);
gives('a directory made anew, empty', 'rm -r d/e; mkdir d/e', ['directory d', 'directory d/e', 'whiteout d/e/f', 'whiteout d/e/g']);
gives('a directory made anew twice over', 'rm -r d; mkdir -p d/e/g; echo new > d/e/g/i', [
  'directory d',
  'whiteout d/a',
  'whiteout d/b',
  'directory d/e',
  'whiteout d/e/f',
  'directory d/e/g',
  'whiteout d/e/g/h',
  'd/e/g/i',
]);
gives('a file renamed', 'mv d/a d/n', ['directory d', 'whiteout d/a', 'd/n']);
gives('a directory renamed', 'mv d/e n', ['directory d', 'whiteout d/e', 'directory n', 'n/f', 'directory n/g', 'n/g/h']);
gives('a new directory with new files', 'mkdir -p n/m; echo 1 > n/m/a; echo 2 > n/b', ['directory n', 'n/b', 'directory n/m', 'n/m/a']);
gives('hard links', 'echo new > n; ln n m; ln n d/l', ['directory d', 'd/l', 'hardlink m', 'hardlink n']);
gives('a new link to a file of the layer below', 'ln z y', ['y', 'hardlink z']);
gives('a new link to a file of the layer below, in another directory', 'ln d/e/f n; ln n other/m', [
  'directory d',
  'directory d/e',
  'd/e/f',
  'hardlink n',
  'directory other',
  'hardlink other/m',
]);
gives('a new link to a file of the layer below that gets an owner', 'ln z y; chown 9 y', ['y', 'hardlink z']);
gives('a link to a file of the layer below in the place of another one', 'ln -f z d/a', ['directory d', 'd/a', 'hardlink z']);
gives('a new link to a file of the layer below that has two names', 'ln pair n', ['n', 'hardlink pair']);
gives('a new link to a file of the layer below that has two names, beside one of them', 'ln other/pair3 other/n', [
  'directory other',
  'other/n',
  'hardlink other/pair3',
]);
gives('a link to a file of the layer below that is removed again', 'ln z y; rm y; touch -d @1700000000 .', []);
gives('a symlink that points elsewhere', 'ln -sfn other sym', ['symlink sym']);
gives('devices and pipes', 'mknod c c 1 3; mkfifo p', ['char c', 'fifo p']);
gives('a socket, which no layer holds', `python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('s')"`, []);
gives('a file replaced by a socket', `rm z; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('z')"`, ['whiteout z']);
gives('names that are not UTF-8', `printf x > "$(printf 'd/\\377')"`, ['directory d', 'd/\udcff']);

asRoot('layers that were found are the difference between the trees', async (t: Parameters<typeof makeTemp>[0]) => {
  const temp = makeTemp(t);
  const { overlay } = await changeBoth(temp, 'rm -r d/e other; mkdir other; echo new > other/n; mv z d/z; ln d/z d/y; chmod 700 d');
  mkdirSync(`${temp}/again`);
  await extractLayer(BASE, contentsOf(), `${temp}/again`, { whiteouts: 'apply' });
  await extractLayer(
    overlay,
    (found) => ({ kind: 'range', file: `${temp}/upper/${found.path}`, offset: 0, length: found.size }),
    `${temp}/again`,
    { whiteouts: 'apply' },
  );
  await overlaid(temp, () => undefined);
  const merged = new DirectoryTree(`${temp}/copy`);
  t.deepEqual(say((await scanDirectory(`${temp}/again`)).slice(1)), say((await scanDirectory(merged.root)).slice(1)));
  t.deepEqual(
    mounts().filter(({ target }) => target.startsWith(temp)),
    [],
  );
});

const canonical = test.macro({
  async exec(t, _: string, upper: readonly Entry[], expected: readonly Entry[]) {
    const lower = await MergedTree.of([layerOf(BASE)]);
    t.deepEqual([...(await canonicalChanges(upper, lower, { isSame: () => true }))], expected);
  },
  title: (_, claim: string) => claim,
});
test(canonical, 'entries equal to the layers below are left out', BASE, []);
test(canonical, 'a marker of nothing is left out', [whiteout('nope'), opaque('nope')], []);
test(
  canonical,
  'an opaque directory becomes whiteouts',
  [dir('d'), opaque('d'), file('d/a', 'd/a')],
  [dir('d'), whiteout('d/b'), whiteout('d/e')],
);
test(
  canonical,
  'directories on the way come from below where the index does not have them',
  [file('d/e/n')],
  [dir('d'), dir('d/e'), file('d/e/n')],
);
test(
  canonical,
  'directories on the way that nobody has are made',
  [file('n/m')],
  [dir('n', { mtime: { seconds: 0, nanoseconds: 0 } }), file('n/m')],
);
test(canonical, 'the mode of a symlink does not count', [{ ...link('sym', 'd'), mode: 0o755 }], []);
test(canonical, "the root's own time does not count", [dir('', { mtime: { seconds: 1, nanoseconds: 2 } })], []);
test(canonical, "the root's mode counts", [dir('', { mode: 0o700, mtime: { seconds: 1, nanoseconds: 2 } })], [dir('', { mode: 0o700 })]);
test(
  canonical,
  'hard links to a file of the layer below bring it along',
  [file('z', 'z', { uid: 5 }), hardlink('zz', 'z'), hardlink('zzz', 'z')],
  [file('z', 'z', { uid: 5 }), hardlink('zz', 'z'), hardlink('zzz', 'z')],
);

asRoot('an upper directory that was renamed in place is refused', async (t: Parameters<typeof makeTemp>[0]) => {
  const root = makeTemp(t);
  mkdirSync(`${root}/d`);
  setXattr(`${root}/d`, 'trusted.overlay.redirect', Buffer.from('/other'));
  await t.throwsAsync(scanUpper(root), { code: 'OVERLAY_REDIRECT' });
  await t.notThrowsAsync(scanUpper(root, { userxattr: true }));
});

asRoot('marks of a user namespace count only where they are asked for', async (t: Parameters<typeof makeTemp>[0]) => {
  const root = makeTemp(t);
  mkdirSync(`${root}/d`);
  setXattr(`${root}/d`, 'user.overlay.opaque', Buffer.from('y'));
  t.deepEqual(say([...(await scanUpper(root, { userxattr: true }))]), ['directory ', 'directory d', 'opaque d']);
  t.deepEqual(say([...(await scanUpper(root))]), ['directory ', 'directory d']);
  t.deepEqual(
    [...walk(new DirectoryTree(root), 'd')].map(({ xattrs }) => xattrs),
    [undefined],
  );
});
