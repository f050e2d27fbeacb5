import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VarveError } from '@varve/core';
import { asCacheKey, asLayerID, digestOf } from '@varve/core/image';
import { mount } from '@varve/core/system';
import { entry, fixtureLayer, temporaryDir, whyMissing } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { LocalStore } from '../src/local-store.ts';

const missing = whyMissing(['linux', 'root']);
const onMount = missing === undefined ? test.serial : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

/** A file system of its own for a store, so that it can be full or read-only. */
function smallDisk(t: ExecutionContext): string {
  const root = join(temporaryDir(t), 'disk'); // unmounted with it
  mkdirSync(root);
  mount({ source: 'tmpfs', target: root, type: 'tmpfs', options: ['size=2m'] });
  return root;
}
const makeReadonly = (root: string): void => mount({ source: 'tmpfs', target: root, type: 'tmpfs', options: ['remount', 'ro'] });

async function refused(t: ExecutionContext, work: Promise<unknown>, code: string): Promise<void> {
  const error = await t.throwsAsync<VarveError>(work, { code });
  t.truthy(error?.hint);
}

onMount(`a full disk is STORE_FULL, and what was half written is gone${because}`, async (t) => {
  const root = smallDisk(t);
  await using store = new LocalStore(root);
  const layer = fixtureLayer(asLayerID(digestOf('big')), [entry.file('big', 3_000_000)]);
  await refused(t, store.content.write(Buffer.alloc(3_000_000, 'x')), 'STORE_FULL');
  await refused(t, store.layers.put(layer), 'STORE_FULL');
  await refused(t, store.layers.ingest(layer.tar(), { mediaType: 'x' }), 'STORE_FULL');
  t.deepEqual(readdirSync(join(root, 'tmp')), []);
  t.is((await store.content.write(Buffer.from('fits'))).size, 4);
});

onMount(`a full disk is STORE_FULL for records too${because}`, async (t) => {
  const root = smallDisk(t);
  await using store = new LocalStore(root);
  await store.state.remember('a', '1');
  const fill = async (): Promise<void> => {
    for (let i = 0; ; i++) {
      const digest = digestOf(`${i}`);
      const parts = { text: 'x'.repeat(100_000) };
      await store.cache.put({
        key: asCacheKey(digest),
        parts,
        parent: 'p',
        kind: 'k',
        title: 't',
        layer: asLayerID(digest),
        createdAt: '',
      });
    }
  };
  await refused(t, fill(), 'STORE_FULL');
  t.is(await store.state.recall('a'), '1');
  t.not(await store.cache.get(asCacheKey(digestOf('0'))), undefined);
});

onMount(`a read-only store can be read and says STORE_READONLY to whoever writes${because}`, async (t) => {
  const root = smallDisk(t);
  {
    await using store = new LocalStore(root);
    await store.content.write(Buffer.from('kept'));
    await store.state.remember('a', '1');
    await store.layers.put(fixtureLayer(asLayerID(digestOf('step')), [entry.file('a', 3)]));
  }
  makeReadonly(root);
  await using store = new LocalStore(root);
  t.is(await store.state.recall('a'), '1');
  t.is((await store.content.readAll(digestOf('kept'))).length, 4);
  t.is((await (await store.layers.get(asLayerID(digestOf('step'))))?.index())?.length, 1);
  t.deepEqual(await store.images.list(), []);
  await refused(t, store.content.write(Buffer.from('new')), 'STORE_READONLY');
  await refused(t, store.state.remember('b', '2'), 'STORE_READONLY');
  await refused(t, store.layers.put(fixtureLayer(asLayerID(digestOf('other')), [])), 'STORE_READONLY');
});

onMount(`a store cannot be made on a read-only file system, and reading finds it empty${because}`, async (t) => {
  const root = smallDisk(t);
  makeReadonly(root);
  await using store = new LocalStore(join(root, 'store'));
  t.deepEqual(await store.images.list(), []);
  await refused(t, store.content.write(Buffer.from('new')), 'STORE_READONLY');
});

onMount(`a store of another user is STORE_DENIED, for reading and writing${because}`, async (t) => {
  const root = temporaryDir(t);
  {
    await using store = new LocalStore(join(root, 'store'));
    await store.state.remember('a', '1');
  }
  process.seteuid?.(65534);
  t.teardown(() => process.seteuid?.(0));
  await using store = new LocalStore(join(root, 'store'));
  const failures = [
    store.images.list(),
    store.content.write(Buffer.from('x')),
    new LocalStore(join(root, 'new')).content.write(Buffer.from('x')),
  ];
  const settled = await Promise.allSettled(failures);
  process.seteuid?.(0);
  for (const one of settled) await refused(t, one.status === 'rejected' ? Promise.reject(one.reason) : Promise.resolve(), 'STORE_DENIED');
});

const formats = [
  ['a newer format', '{"format":2,"state":{}}', 'STORE_FORMAT'],
  ['a format that is no number', '{"format":"1"}', 'STORE_FORMAT'],
  ['no format', '{}', 'STORE_FORMAT'],
  ['no JSON', 'hello', 'STORE_FORMAT'],
  ['a list', '[1]', 'STORE_FORMAT'],
] as const;
for (const [what, text, code] of formats)
  test(`a store with ${what} is refused and left as it is`, async (t) => {
    const root = temporaryDir(t);
    writeFileSync(join(root, 'store.json'), text);
    await using store = new LocalStore(root);
    await refused(t, store.images.list(), code);
    await refused(t, store.content.write(Buffer.from('x')), code);
    await refused(t, store.state.remember('a', 'b'), code);
    t.deepEqual(readdirSync(root), ['store.json']);
  });

test('a database that is none is STORE_CORRUPT', async (t) => {
  const root = temporaryDir(t);
  {
    await using store = new LocalStore(root);
    await store.state.remember('a', '1');
  }
  writeFileSync(join(root, 'db', 'store.sqlite'), Buffer.alloc(10_000, 'no database'));
  await using store = new LocalStore(root);
  await refused(t, store.images.list(), 'STORE_CORRUPT');
});

test('a place that is a file is refused', async (t) => {
  const root = join(temporaryDir(t), 'file');
  writeFileSync(root, '');
  await using store = new LocalStore(root);
  await refused(t, store.images.list(), 'STORE_ROOT');
  await refused(t, store.content.write(Buffer.from('x')), 'STORE_ROOT');
});
