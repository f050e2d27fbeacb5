import { spawnSync } from 'node:child_process';
import { chmodSync, lchownSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, joinPath } from '../../archive/index.ts';
import { makeNode, removeXattr, setMtime, setXattr } from '../../system/index.ts';
import { ATTRIBUTES, entry } from '../layer-fixture.ts';

/** Something that a process does to a file system, and what must be in the layer that is captured, as `type path`. */
export interface Change {
  readonly title: string;
  run(root: string): void;
  readonly expected: readonly string[];
}

/** The layers that changes are made on, bottom first. */
export const LOWER: readonly (readonly Entry[])[] = [
  [
    entry.dir('d'),
    entry.file('d/a', 5),
    entry.file('d/b', 5),
    entry.file('d/gone', 1),
    entry.dir('d/sub'),
    entry.file('d/sub/x', 9),
    entry.dir('e', { mode: 0o700, uid: 7, gid: 8 }),
    entry.file('h1', 6),
    entry.link('h2', 'h1'),
    entry.symlink('s', 'd/a'),
    entry.file('su', 3, { mode: 0o4755 }),
    entry.file('x', 2, { xattrs: { 'user.k': 'v' } }),
    entry.fifo('p'),
  ],
  [entry.dir('d'), entry.file('d/b', 7), entry.whiteout('d/gone'), entry.file('f', 4)],
];

const at = (root: string, path: string): string => join(root, path);
const write = (path: string, text: string) => (root: string) => writeFileSync(at(root, path), text);
const remove = (path: string) => (root: string) => rmSync(at(root, path), { recursive: true });
const oldTime = (root: string, path: string): void => setMtime(at(root, path), ATTRIBUTES.mtime.seconds, ATTRIBUTES.mtime.nanoseconds);
/** As the program does it: by copying where the file system cannot rename a directory. */
function move(root: string, from: string, to: string): void {
  const { status, stderr } = spawnSync('mv', ['-T', at(root, from), at(root, to)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const change = (title: string, run: (root: string) => void, expected: readonly string[]): Change => ({ title, run, expected });

export const CHANGES: readonly Change[] = [
  change('nothing', () => {}, []),
  change('a file is created', write('new', 'text'), ['file new']),
  change('a file is created in a directory', write('d/new', ''), ['directory d', 'file d/new']),
  change('directories are created', (root) => mkdirSync(at(root, 'n/m'), { recursive: true }), ['directory n', 'directory n/m']),
  change('a file is written', write('d/a', 'other'), ['directory d', 'file d/a']),
  change(
    'a file gets other bytes of the same length and its old time',
    (root) => {
      write('d/a', '12345')(root);
      oldTime(root, 'd/a');
    },
    ['directory d', 'file d/a'],
  ),
  change(
    'a file is written as it was, with its old time',
    (root) => {
      write('d/a', 'd/ad/')(root);
      oldTime(root, 'd/a');
    },
    [],
  ),
  change('a mode is changed', (root) => chmodSync(at(root, 'd/a'), 0o600), ['directory d', 'file d/a']),
  change('a mode is set to what it is', (root) => chmodSync(at(root, 'd/a'), 0o644), []),
  change('a setuid bit is set', (root) => chmodSync(at(root, 'd/a'), 0o4644), ['directory d', 'file d/a']),
  change('a directory gets the sticky bit', (root) => chmodSync(at(root, 'd'), 0o1777), ['directory d']),
  change('the root gets another mode', (root) => chmodSync(root, 0o700), ['directory ']),
  change('an owner is changed', (root) => lchownSync(at(root, 's'), 5, 6), ['symlink s']),
  change('an owner is set to what it is', (root) => lchownSync(at(root, 'd/a'), 0, 0), []),
  change('a change of owner takes setuid away', (root) => lchownSync(at(root, 'su'), 5, 6), ['file su']),
  change('a file is touched', (root) => setMtime(at(root, 'd/a'), 1_111_111_111, 0), ['directory d', 'file d/a']),
  change(
    'a file is touched by a nanosecond',
    (root) => setMtime(at(root, 'f'), ATTRIBUTES.mtime.seconds, ATTRIBUTES.mtime.nanoseconds + 1),
    ['file f'],
  ),
  change('a directory is touched', (root) => setMtime(at(root, 'e'), 1_111_111_111, 0), ['directory e']),
  change('the root is touched', (root) => setMtime(root, 1_111_111_111, 0), []),
  change('a file is removed', remove('d/a'), ['directory d', 'whiteout d/a']),
  change('a file of the layer on top is removed', remove('d/b'), ['directory d', 'whiteout d/b']),
  change('a directory is removed', remove('d'), ['whiteout d']),
  change(
    'a file is created and removed',
    (root) => {
      write('new', '')(root);
      remove('new')(root);
    },
    [],
  ),
  change(
    'a file is created and removed in a directory that gets its old time',
    (root) => {
      write('e/new', '')(root);
      remove('e/new')(root);
      oldTime(root, 'e');
    },
    [],
  ),
  change(
    'a file is removed and made again just as it was',
    (root) => {
      remove('f')(root);
      write('f', 'ffff')(root);
      oldTime(root, 'f');
    },
    [],
  ),
  change(
    'a directory is replaced by a file',
    (root) => {
      remove('d')(root);
      write('d', 'file')(root);
    },
    ['file d'],
  ),
  change(
    'a directory is replaced by a file and that by a directory',
    (root) => {
      remove('d')(root);
      write('d', 'file')(root);
      remove('d')(root);
      mkdirSync(at(root, 'd'));
      write('d/a', 'new')(root);
    },
    ['directory d', 'whiteout d/b', 'whiteout d/sub', 'file d/a'],
  ),
  change(
    'a directory is removed and made again',
    (root) => {
      remove('d/sub')(root);
      mkdirSync(at(root, 'd/sub'));
    },
    ['directory d', 'directory d/sub', 'whiteout d/sub/x'],
  ),
  change(
    'a directory is removed and made again with the same file in it',
    (root) => {
      remove('d/sub')(root);
      mkdirSync(at(root, 'd/sub'));
      write('d/sub/x', 'd/sub/xd/')(root);
      for (const path of ['d/sub/x', 'd/sub', 'd']) oldTime(root, path);
    },
    [],
  ),
  change(
    'a file is replaced by a directory',
    (root) => {
      remove('f')(root);
      mkdirSync(at(root, 'f'));
      write('f/g', '')(root);
    },
    ['directory f', 'file f/g'],
  ),
  change(
    'a symlink is replaced by a directory',
    (root) => {
      remove('s')(root);
      mkdirSync(at(root, 's'));
    },
    ['directory s'],
  ),
  change(
    'a symlink points elsewhere',
    (root) => {
      unlinkSync(at(root, 's'));
      symlinkSync('d/b', at(root, 's'));
    },
    ['symlink s'],
  ),
  change('a directory is renamed', (root) => move(root, 'd/sub', 'moved'), [
    'directory d',
    'whiteout d/sub',
    'directory moved',
    'file moved/x',
  ]),
  change(
    'a directory is renamed and back',
    (root) => {
      move(root, 'd', 'moved');
      move(root, 'moved', 'd');
    },
    [],
  ),
  change('a file is renamed', (root) => renameSync(at(root, 'd/a'), at(root, 'd/z')), ['directory d', 'whiteout d/a', 'file d/z']),
  change(
    'a new file takes the place of another',
    (root) => {
      write('d/.a.tmp', 'fresh')(root);
      renameSync(at(root, 'd/.a.tmp'), at(root, 'd/a'));
    },
    ['directory d', 'file d/a'],
  ),
  change(
    'a new file gets a second name',
    (root) => {
      write('n1', 'text')(root);
      linkSync(at(root, 'n1'), at(root, 'a1'));
    },
    ['file a1', 'hardlink n1'],
  ),
  change('an old file gets a second name', (root) => linkSync(at(root, 'f'), at(root, 'zz')), ['file f', 'hardlink zz']),
  change(
    'an old file gets two more names',
    (root) => {
      linkSync(at(root, 'f'), at(root, 'b'));
      linkSync(at(root, 'f'), at(root, 'c'));
    },
    ['file b', 'hardlink c', 'hardlink f'],
  ),
  change(
    'the owner of all names of a file is changed',
    (root) => {
      for (const name of ['h1', 'h2']) lchownSync(at(root, name), 5, 6);
    },
    ['file h1', 'file h2'],
  ),
  change(
    'a new file takes the place of all names of another',
    (root) => {
      for (const name of ['h1', 'h2']) unlinkSync(at(root, name));
      spawnSync('sleep', ['0.05']); // older than this step is what a driver copied an instant before
      write('h1', 'new')(root);
      linkSync(at(root, 'h1'), at(root, 'h2'));
    },
    ['file h1', 'hardlink h2'],
  ),
  change('one of two names is removed', (root) => unlinkSync(at(root, 'h1')), ['whiteout h1']),
  change(
    'a new file takes the place of one of two names',
    (root) => {
      unlinkSync(at(root, 'h1'));
      write('h1', 'other')(root);
    },
    ['file h1'],
  ),
  change('an attribute is set', (root) => setXattr(at(root, 'd/a'), 'user.new', Buffer.from([0, 255])), ['directory d', 'file d/a']),
  change('an attribute is removed', (root) => removeXattr(at(root, 'x'), 'user.k'), ['file x']),
  change('an attribute is set to what it is', (root) => setXattr(at(root, 'x'), 'user.k', Buffer.from('v')), []),
  change(
    'a capability is set',
    (root) => setXattr(at(root, 'f'), 'security.capability', Buffer.from(`01000002${'00'.repeat(16)}`, 'hex')),
    ['file f'],
  ),
  change(
    'devices are made',
    (root) => {
      makeNode(at(root, 'c'), { type: 'char', mode: 0o600, major: 1, minor: 3 });
      makeNode(at(root, 'b'), { type: 'block', mode: 0o600, major: 7, minor: 256 });
    },
    ['block b', 'char c'],
  ),
  change(
    'FIFOs are made and removed',
    (root) => {
      makeNode(at(root, 'q'), { type: 'fifo', mode: 0o600 });
      unlinkSync(at(root, 'p'));
    },
    ['whiteout p', 'fifo q'],
  ),
  change(
    'a file becomes a FIFO',
    (root) => {
      unlinkSync(at(root, 'f'));
      makeNode(at(root, 'f'), { type: 'fifo', mode: 0o600 });
    },
    ['fifo f'],
  ),
  change(
    'names are not UTF-8',
    (root) => {
      writeFileSync(joinPath(root, 'd/\udcff'), '');
      mkdirSync(joinPath(root, '\udc80'));
    },
    ['directory d', 'file d/\udcff', 'directory \udc80'],
  ),
  change(
    'a hole is made',
    (root) => {
      spawnSync('truncate', ['-s', '1M', at(root, 'hole')]);
    },
    ['file hole'],
  ),
];
