import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { asCacheKey, asLayerID, digestOf } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { LocalStore } from '../src/local-store.ts';

test('reading a store that is not there answers empty and makes nothing', async (t) => {
  const root = join(temporaryDir(t), 'store');
  await using store = new LocalStore(root);
  const digest = digestOf('x');
  t.is(await store.content.size(digest), undefined);
  t.is(await store.layers.get(asLayerID(digest)), undefined);
  t.is(await store.images.find('busybox'), undefined);
  t.deepEqual(await store.images.list(), []);
  t.false(await store.images.untag('busybox'));
  t.is(await store.cache.get(asCacheKey(digest)), undefined);
  t.deepEqual(await store.cache.siblings('a', 'b'), []);
  t.is(await store.state.recall('storage'), undefined);
  for await (const blob of store.content.list()) t.fail(blob.digest);
  await t.throwsAsync(store.content.readAll(digest), { code: 'BLOB_UNKNOWN' });
  t.false(existsSync(root));
});

test('removing what was never stored makes nothing', async (t) => {
  const root = join(temporaryDir(t), 'store');
  await using store = new LocalStore(root);
  const digest = digestOf('x');
  const record = { descriptor: { mediaType: 'x', digest, size: 1 }, id: digest, names: [], created: undefined, size: 0, storedAt: 0 };
  t.deepEqual(await store.images.remove(record), { blobs: [] });
  await store.content.remove(digest);
  t.false(existsSync(root));
});

test('every folder of a store is for its owner alone', async (t) => {
  const root = join(temporaryDir(t), 'above', 'store');
  await using store = new LocalStore(root);
  await store.content.write(Buffer.from('x'));
  await store.state.remember('storage', 'vfs');
  for (const name of ['..', '.', 'blobs', 'blobs/sha256', 'index', 'db', 'tmp']) t.is(statSync(join(root, name)).mode & 0o777, 0o700, name);
});

test('what is remembered is found by another process, also when two remember at once', async (t) => {
  const root = temporaryDir(t);
  await using one = new LocalStore(root);
  await using other = new LocalStore(root);
  await Promise.all([one.state.remember('a', '1'), other.state.remember('b', '2'), one.state.remember('c', '3')]);
  t.deepEqual(await Promise.all(['a', 'b', 'c', 'toString'].map((name) => other.state.recall(name))), ['1', '2', '3', undefined]);
});

test('a disposed store leaves no open database behind', async (t) => {
  const root = temporaryDir(t);
  const store = new LocalStore(root);
  await store.state.remember('a', '1');
  await store[Symbol.asyncDispose]();
  t.deepEqual(readdirSync(join(root, 'db')), ['store.sqlite', 'use.sqlite']);
});
