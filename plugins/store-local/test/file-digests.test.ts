import { linkSync, lstatSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileStamp } from '@varve/core/archive';
import { digestOf } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { LocalFileDigests } from '../src/local-file-digests.ts';
import { LocalStore } from '../src/local-store.ts';
import { StatCache } from '../src/stat-cache.ts';

const SECOND = 1_000_000_000n;

function stampOf(path: string | Buffer): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
  return { dev: Number(dev), ino: Number(ino), size: Number(size), mtimeNs, ctimeNs };
}
const fileAt = (path: string | Buffer) => ({ path, stamp: stampOf(path) });

/** Files that have lain there for a while. */
async function settled(t: ExecutionContext, texts: Readonly<Record<string, string>>): Promise<string> {
  const dir = temporaryDir(t);
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
  await new Promise((resolve) => setTimeout(resolve, 150));
  return dir;
}

test('digests come in the order of the files, and each file is read once', async (t) => {
  const dir = await settled(t, { a: 'one', b: '', c: 'three' });
  const root = temporaryDir(t);
  const files = ['c', 'a', 'b'].map((name) => fileAt(join(dir, name)));
  {
    await using store = new LocalStore(root);
    t.deepEqual(await store.fileDigests.digests(files), [digestOf('three'), digestOf('one'), digestOf('')]);
    t.deepEqual(store.fileDigests.read, { files: 3, bytes: 8 });
    await store.fileDigests.digests(files);
    t.deepEqual(store.fileDigests.read, { files: 3, bytes: 8 });
  }
  await using again = new LocalStore(root);
  t.deepEqual(await again.fileDigests.digests(files.toReversed()), [digestOf(''), digestOf('one'), digestOf('three')]);
  t.deepEqual(again.fileDigests.read, { files: 0, bytes: 0 });
});

test('no files need no store', async (t) => {
  await using store = new LocalStore('/nonexistent/store');
  t.deepEqual(await store.fileDigests.digests([]), []);
});

test('a file that was written again is read again', async (t) => {
  const dir = await settled(t, { a: 'one', b: 'two' });
  await using store = new LocalStore(temporaryDir(t));
  const paths = [join(dir, 'a'), join(dir, 'b')];
  await store.fileDigests.digests(paths.map(fileAt));
  writeFileSync(join(dir, 'a'), 'eno'); // of the same length
  t.deepEqual(await store.fileDigests.digests(paths.map(fileAt)), [digestOf('eno'), digestOf('two')]);
  t.is(store.fileDigests.read.files, 3);
});

test('a file that got the size and mtime of the one before is read again, for its ctime', async (t) => {
  const dir = await settled(t, { a: 'one' });
  const path = join(dir, 'a');
  utimesSync(path, 1000, 1000);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await using store = new LocalStore(temporaryDir(t));
  await store.fileDigests.digests([fileAt(path)]);
  writeFileSync(path, 'eno');
  utimesSync(path, 1000, 1000);
  t.deepEqual(await store.fileDigests.digests([fileAt(path)]), [digestOf('eno')]);
});

test('another file under the same name is read', async (t) => {
  const dir = await settled(t, { a: 'one', b: 'two' });
  await using store = new LocalStore(temporaryDir(t));
  await store.fileDigests.digests([fileAt(join(dir, 'a'))]);
  renameSync(join(dir, 'b'), join(dir, 'a'));
  t.deepEqual(await store.fileDigests.digests([fileAt(join(dir, 'a'))]), [digestOf('two')]);
});

test('two names of one file are one file', async (t) => {
  const dir = await settled(t, { a: 'one' });
  linkSync(join(dir, 'a'), join(dir, 'b'));
  await new Promise((resolve) => setTimeout(resolve, 150));
  await using store = new LocalStore(temporaryDir(t));
  await store.fileDigests.digests([fileAt(join(dir, 'a'))]);
  await store.fileDigests.digests([fileAt(join(dir, 'b'))]);
  t.is(store.fileDigests.read.files, 1);
});

test('a file that was changed just now is read again next time', async (t) => {
  const path = join(temporaryDir(t), 'a');
  writeFileSync(path, 'one');
  await using store = new LocalStore(temporaryDir(t));
  await store.fileDigests.digests([fileAt(path)]);
  await store.fileDigests.digests([fileAt(path)]);
  t.is(store.fileDigests.read.files, 2);
});

test('a file that is not what its stamp says is SOURCE_CHANGED', async (t) => {
  const dir = await settled(t, { a: 'one' });
  const file = fileAt(join(dir, 'a'));
  writeFileSync(join(dir, 'a'), 'other');
  await using store = new LocalStore(temporaryDir(t));
  await t.throwsAsync(store.fileDigests.digests([file]), { code: 'SOURCE_CHANGED' });
});

test('names that are not UTF-8 are read', async (t) => {
  const path = Buffer.concat([Buffer.from(`${temporaryDir(t)}/`), Buffer.from([0x66, 0xff])]);
  writeFileSync(path, 'one');
  await using store = new LocalStore(temporaryDir(t));
  t.deepEqual(await store.fileDigests.digests([fileAt(path)]), [digestOf('one')]);
});

test('a store full of other files answers the same', async (t) => {
  const dir = await settled(t, { a: 'one', b: 'two' });
  await using store = new LocalStore(temporaryDir(t));
  const files = ['a', 'b'].map((name) => fileAt(join(dir, name)));
  const first = files[0]?.stamp as FileStamp;
  await store.fileDigests.digests(files);
  const { digests, cache } = cacheOf(store);
  const inodes = [first.ino - 1_000_000, first.ino + 1_000_000].map((ino) => ({ stamp: { ...first, ino }, digest: digestOf('x') }));
  const taken = new Set(files.map((file) => file.stamp.ino));
  const between = Array.from({ length: 5000 }, (_, i) => first.ino + i).filter((ino) => !taken.has(ino));
  const others = between.map((ino) => ({ stamp: { ...first, ino }, digest: digestOf('x') }));
  cache.remember([...inodes, ...others], BigInt(Date.now()) * 1_000_000n);
  const far = inodes.map(({ stamp }) => ({ path: '/nowhere', stamp }));
  t.deepEqual(await digests.digests([...far, ...files]), [digestOf('x'), digestOf('x'), digestOf('one'), digestOf('two')]);
});

const NOW = 1_800_000_000n * SECOND + 123n;
const stamp = (more: Partial<FileStamp>): FileStamp => ({ dev: 1, ino: 2, size: 3, mtimeNs: 1000n, ctimeNs: NOW - 60n * SECOND, ...more });
const times = [
  ['long ago', stamp({}), true],
  ['long ago, with an mtime that was set to the far future', stamp({ mtimeNs: NOW * 2n }), true],
  ['within the last tick, by ctime', stamp({ ctimeNs: NOW - 5_000_000n }), false],
  ['within the last tick, by mtime on a file system without ctime', stamp({ mtimeNs: NOW - 5_000_000n }), false],
  ['a second ago, where times are whole seconds', stamp({ ctimeNs: (NOW / SECOND - 1n) * SECOND }), false],
  ['a second ago', stamp({ ctimeNs: NOW - SECOND }), true],
  ['later than now, by a clock that was set back', stamp({ ctimeNs: NOW + 60n * SECOND }), false],
  ['long ago, with an inode number that a double cannot hold', stamp({ ino: 2 ** 53 }), false],
] as const;
for (const [when, file, isRemembered] of times)
  test(`a file changed ${when} is ${isRemembered ? '' : 'not '}remembered`, async (t) => {
    await using store = new LocalStore(temporaryDir(t));
    const { cache } = cacheOf(store);
    cache.remember([{ stamp: file, digest: digestOf('x') }], NOW);
    t.deepEqual(cache.find([file]), [isRemembered ? digestOf('x') : undefined]);
  });

const cacheOf = (store: LocalStore) => ({ digests: new LocalFileDigests(store.database), cache: new StatCache(store.database) });

test('what is remembered about a tree is known to the next process, and the last word counts', async (t) => {
  const root = temporaryDir(t);
  {
    await using store = new LocalStore(root);
    t.is(await store.fileDigests.recall('tree'), undefined);
    await store.fileDigests.remember('tree', 'one');
    await store.fileDigests.remember('tree', 'two');
  }
  await using again = new LocalStore(root);
  t.is(await again.fileDigests.recall('tree'), 'two');
});
