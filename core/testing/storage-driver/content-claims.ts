import { lstatSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, type NodeEntry, scanDirectory } from '../../archive/index.ts';
import { ATTRIBUTES, entry, fixtureContent, fixtureIndex } from '../layer-fixture.ts';
import type { Claim } from '../storage-driver-contract.ts';
import { chain, exists, key } from './driver-bench.ts';

const isRoot = process.getuid?.() === 0;
const OWNER = isRoot ? { uid: 1234, gid: 4321 } : {};
/** Not UTF-8: a stray byte 0xff. */
const STRAY = 'stray-\udcff';

/** What `apply` must bring into a snapshot and what must be there again in one on top. */
const CONTENTS: Readonly<Record<string, readonly Entry[]>> = {
  'files with content, also empty ones': [entry.file('a', 5), entry.file('empty', 0), entry.file('big', 300_000)],
  'modes with setuid, setgid and sticky': [
    entry.file('suid', 1, { mode: 0o4755 }),
    entry.dir('tmp', { mode: 0o1777 }),
    entry.dir('sgid', { mode: 0o2755 }),
  ],
  'files and directories that forbid reading': [entry.dir('d', { mode: 0o500 }), entry.file('d/f', 9, { mode: 0 })],
  owners: [entry.file('f', 1, OWNER), entry.dir('d', OWNER), entry.symlink('s', 'f', OWNER)],
  'times to the nanosecond, before 1970 too': [
    entry.file('f', 1, { mtime: { seconds: -5, nanoseconds: 1 } }),
    entry.symlink('s', 'x', { mtime: { seconds: 1, nanoseconds: 999_999_999 } }),
    entry.dir('d', { mtime: { seconds: 7, nanoseconds: 7 } }),
    entry.file('d/f', 1),
  ],
  'symlinks to anywhere': [entry.symlink('abs', '/etc/passwd'), entry.symlink('up', '../../..'), entry.symlink('loop', 'loop')],
  'extended attributes': [entry.file('f', 1, { xattrs: { 'user.x': 'a\0\xff' } }), entry.dir('d', { xattrs: { 'user.empty': '' } })],
  'hard links': [entry.file('d/a', 10), entry.dir('d'), entry.link('d/b', 'd/a'), entry.link('e', 'd/a')],
  FIFOs: [entry.fifo('p', { mode: 0o600 })],
  'names that are not UTF-8': [entry.dir(STRAY), entry.file(`${STRAY}/${STRAY}`, 3), entry.symlink('s', STRAY)],
  ...(isRoot && {
    devices: [entry.device('c', 'char', 1, 3), entry.device('b', 'block', 7, 300)],
    'file capabilities': [
      entry.file('ping', 4, { mode: 0o755, xattrs: { 'security.capability': '\x01\0\0\x02\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0' } }),
    ],
  }),
};

/** A layer over another, and the paths that are left. */
const WHITEOUTS: Readonly<
  Record<string, { readonly over: readonly Entry[]; readonly layer: readonly Entry[]; readonly left: readonly string[] }>
> = {
  'a whiteout hides a file': { over: [entry.file('a', 1), entry.file('b', 1)], layer: [entry.whiteout('a')], left: ['b'] },
  'a whiteout hides a directory with all it holds': {
    over: [entry.dir('d'), entry.file('d/f', 1)],
    layer: [entry.whiteout('d')],
    left: [],
  },
  'an opaque directory hides what is below it': {
    over: [entry.dir('d'), entry.file('d/old', 1)],
    layer: [entry.dir('d'), entry.opaque('d'), entry.file('d/new', 1)],
    left: ['d', 'd/new'],
  },
  'a file takes the place of a directory': { over: [entry.dir('d'), entry.file('d/f', 1)], layer: [entry.file('d', 1)], left: ['d'] },
  'a directory takes the place of a symlink': {
    over: [entry.symlink('d', 'x')],
    layer: [entry.dir('d'), entry.file('d/f', 1)],
    left: ['d', 'd/f'],
  },
};

/** What a snapshot holds. */
export function contentClaims(claim: Claim): void {
  for (const [what, entries] of Object.entries(CONTENTS))
    claim(`a layer's ${what} are there, also in a snapshot on top`, async (t, bench) => {
      await bench.layer('one', null, [...entries]);
      await bench.layer('two', 'one', [entry.file('zz', 1)]);
      const found = (await bench.scan('two')).filter(({ path }) => path !== '' && path !== 'zz');
      t.deepEqual(found.map(unowned), fixtureIndex(entries).map(unowned));
      for (const { path, type, size } of readable(entries)) {
        const directory = await bench.driver.directory?.(chain('one'));
        if (directory !== undefined) t.deepEqual(readFileSync(join(directory, path)), bytes({ path, type, size, ...ATTRIBUTES }));
      }
    });

  for (const [what, { over, layer, left }] of Object.entries(WHITEOUTS))
    claim(what, async (t, bench) => {
      await bench.layer('base', null, over);
      await bench.layer('top', 'base', layer);
      await bench.layer('more', 'top', []);
      t.deepEqual(await bench.paths('top'), left);
      t.deepEqual(await bench.paths('more'), left);
      t.deepEqual(
        await bench.paths('base'),
        over.map(({ path }) => path),
      );
    });

  claim('a directory that a layer does not mention keeps its attributes', async (t, bench) => {
    const dir = entry.dir('d', { mode: 0o750, ...OWNER });
    await bench.layer('base', null, [dir, entry.file('d/a', 1)]);
    await bench.layer('top', 'base', [entry.file('d/b', 1)]);
    t.deepEqual((await bench.scan('top')).filter(({ path }) => path === 'd').map(unowned), [dir].map(unowned));
  });

  for (const [what, hiding] of Object.entries({ removed: entry.whiteout('d'), 'replaced by a file': entry.file('d', 1) }))
    claim(`a directory that was ${what} gives no attributes to a new one`, async (t, bench) => {
      await bench.layer('base', null, [entry.dir('d', { mode: 0o700 }), entry.file('d/a', 1)]);
      await bench.layer('middle', 'base', [hiding]);
      await bench.layer('top', 'middle', [entry.file('d/b', 1)]);
      const found = await bench.scan('top');
      t.deepEqual(
        found.map(({ path }) => path),
        ['', 'd', 'd/b'],
      );
      t.like(found[1], { type: 'directory', mode: 0o755, mtime: { seconds: 0, nanoseconds: 0 } });
    });

  claim('no symlink of a lower layer leads out of the snapshot', async (t, bench) => {
    const outside = join(bench.root, 'outside');
    await bench.layer('base', null, [entry.symlink('d', outside)]);
    await bench.layer('top', 'base', [entry.file('d/f', 1)]);
    t.false(exists(outside));
    t.deepEqual(await bench.paths('top'), ['d', 'd/f']);
  });

  claim('hard links below are still one file', async (t, bench) => {
    await bench.layer('base', null, [entry.file('a', 5), entry.link('b', 'a')]);
    await using view = await bench.show(await bench.driver.prepare(key('x'), chain('base')));
    const [a, b] = ['a', 'b'].map((name) => lstatSync(join(view.root, name)));
    t.is(a?.ino, b?.ino);
    t.is(a?.nlink, 2);
  });

  claim(
    'a view shows a snapshot and cannot be written',
    async (t, bench) => {
      await bench.layer('base', null, [entry.file('f', 4)]);
      await using view = await bench.show(await bench.driver.view(key('v'), chain('base')));
      t.deepEqual(readFileSync(join(view.root, 'f')), Buffer.alloc(4, 'f'));
      t.throws(() => writeFileSync(join(view.root, 'g'), ''), { code: 'EROFS' });
      t.throws(() => unlinkSync(join(view.root, 'f')), { code: 'EROFS' });
    },
    ['root'],
  );

  claim('the directory of a snapshot holds what it added, before and after commit', async (t, bench) => {
    if (bench.driver.directory === undefined) return void t.pass();
    await bench.layer('base', null, [entry.file('below', 1)]);
    const active = await bench.change('a', 'base', (root) => writeFileSync(join(root, 'added'), 'text'));
    t.is(readFileSync(join(await bench.driver.directory(active), 'added'), 'utf8'), 'text');
    await bench.driver.commit(active, chain('one'));
    t.is(readFileSync(join(await bench.driver.directory(chain('one')), 'added'), 'utf8'), 'text');
    await t.throwsAsync(async () => await bench.driver.directory?.(chain('none')), { code: 'STORAGE_NOT_FOUND' });
  });

  claim('changes are told exactly where the driver says that it can', async (t, bench) => {
    t.is(bench.driver.changes !== undefined, bench.driver.capabilities.nativeChanges);
    if (bench.driver.changes === undefined) return;
    await bench.layer('base', null, [entry.dir('d'), entry.file('d/kept', 1), entry.file('d/gone', 1), entry.file('other', 1)]);
    const active = await bench.change('a', 'base', (root) => {
      writeFileSync(join(root, 'd', 'new'), '12');
      rmSync(join(root, 'd', 'gone'));
    });
    const changes = [...(await bench.driver.changes(active))].filter(({ path }) => path !== '');
    t.deepEqual(
      changes.map(({ path, type }) => `${type} ${path}`),
      ['directory d', 'whiteout d/gone', 'file d/new'],
    );
  });

  claim('120 layers can be stacked', async (t, bench) => {
    const names = Array.from({ length: 120 }, (_, number) => `layer-${String(number).padStart(3, '0')}`);
    for (const [number, name] of names.entries()) await bench.layer(name, names[number - 1] ?? null, [entry.file(name, 1)]);
    t.deepEqual(await bench.paths(names.at(-1) ?? ''), names);
  });

  claim('applying stops when it is aborted, and the key can be removed', async (t, bench) => {
    await bench.driver.prepare(key('a'), null);
    const reason = new Error('enough');
    const apply = bench.driver.apply(key('a'), fixtureIndex([entry.file('f', 1)]), fixtureContent, { signal: AbortSignal.abort(reason) });
    t.is(await t.throwsAsync(apply), reason);
    await bench.driver.remove(key('a'));
    t.deepEqual(await bench.list(), []);
  });

  claim('nothing is applied to what is not active', async (t, bench) => {
    await bench.layer('base', null, []);
    for (const id of [key('none'), chain('base') as never])
      await t.throwsAsync(async () => await bench.driver.apply(id, [], fixtureContent), { code: 'STORAGE_NOT_FOUND' });
  });

  claim('the root keeps its attributes', async (t, bench) => {
    await bench.layer('base', null, [entry.dir('', { mode: 0o711, ...OWNER })]);
    await bench.layer('top', 'base', [entry.file('f', 1)]);
    await using view = await bench.show(await bench.driver.prepare(key('x'), chain('top')));
    const [root] = await scanDirectory(view.root);
    t.deepEqual(rootFacts(root), { mode: 0o711, ...(isRoot && OWNER) });
  });
}

/** Without root everything belongs to whoever runs the test. */
const unowned = (one: Entry): Entry => (isRoot || !('uid' in one) ? one : { ...one, uid: 0, gid: 0 });
/** Files that the test itself can open by their name. */
const readable = (entries: readonly Entry[]) =>
  entries.filter((one) => one.type === 'file').filter(({ path, mode }) => path.isWellFormed() && (isRoot || (mode & 0o400) !== 0));
const bytes = (file: Extract<NodeEntry, { type: 'file' }>): Buffer => {
  const content = fixtureContent(file);
  return content.kind === 'bytes' ? Buffer.from(content.bytes) : Buffer.alloc(0);
};
function rootFacts(root: Entry | undefined): object {
  if (root?.type !== 'directory') return {};
  return { mode: root.mode, ...(isRoot && { uid: root.uid, gid: root.gid }) };
}
