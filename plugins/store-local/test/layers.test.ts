import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type FileEntry, readContent } from '@varve/core/archive';
import { asLayerID, type DiffID, digestOf, hexOf, type Layer, lazyLayer, MEDIA_TYPES } from '@varve/core/image';
import { entry, fixtureLayer, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { LocalStore } from '../src/local-store.ts';

const ID = asLayerID(digestOf('step'));
const layer = fixtureLayer(ID, [entry.dir('d'), entry.file('d/a', 5000), entry.file('d/b', 70_000)]);

async function textOf(one: Layer, path: string): Promise<string> {
  const file = (await one.index()).values().find((found): found is FileEntry => found.type === 'file' && found.path === path);
  return readContent((await one.contents())(file as FileEntry)).toString();
}
async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** A store with the layer in gzip form. */
async function withCompressed(t: ExecutionContext) {
  const root = temporaryDir(t);
  const store = new LocalStore(root);
  t.teardown(() => store[Symbol.asyncDispose]());
  const tar = await bytesOf(layer.tar());
  const blob = gzipSync(tar);
  const taken = await store.layers.ingest(once(blob), { mediaType: MEDIA_TYPES.layerGzip });
  const id = asLayerID(digestOf(tar));
  return { root, store, tar, blob, taken, id, get: async () => (await store.layers.get(id)) as Layer };
}

const damages: readonly (readonly [string, (path: string) => void])[] = [
  ['lost', (path) => rmSync(path)],
  ['cut off', (path) => writeFileSync(path, readFileSync(path).subarray(0, 200))],
  ['not an index', (path) => writeFileSync(path, '{"format":1,"paths":["a"],"types":"f"}')],
  ['of another format', (path) => writeFileSync(path, '{"format":2}')],
  ['empty', (path) => writeFileSync(path, '')],
];
for (const [what, damage] of damages)
  test(`an index that is ${what} is made anew from the tar`, async (t) => {
    const root = temporaryDir(t);
    const diffId = await new LocalStore(root).layers.put(layer).then((put) => put.diffId());
    const path = join(root, 'index', `${hexOf(diffId)}.json`);
    damage(path);
    await using store = new LocalStore(root);
    t.is(await textOf((await store.layers.get(ID)) as Layer, 'd/a'), 'd/a'.repeat(5000).slice(0, 5000));
    await using again = new LocalStore(root);
    t.is((await (await again.layers.get(ID))?.index())?.length, 3);
    t.true(statSync(path).size > 200);
  });

test('a compressed layer is unpacked when somebody wants its files, once', async (t) => {
  const { root, store, taken, id, get } = await withCompressed(t);
  const plain = join(root, 'blobs', 'sha256', hexOf(id));
  await taken.index();
  await bytesOf(taken.tar());
  t.is(statSync(plain, { throwIfNoEntry: false }), undefined);
  await Promise.all([textOf(taken, 'd/a'), textOf(await get(), 'd/b')]);
  const made = statSync(plain).ino;
  t.is(await textOf((await store.layers.get(id)) as Layer, 'd/a'), 'd/a'.repeat(5000).slice(0, 5000));
  t.is(statSync(plain).ino, made);
});

test('the form in which a layer came is not how a step that makes the same layer stores it', async (t) => {
  const { store } = await withCompressed(t);
  const put = await store.layers.put(layer);
  t.is(put.stored, undefined);
  t.is((await store.layers.get(ID))?.stored, undefined);
});

test('a layer that is here in another form than it was announced in does not claim that form', async (t) => {
  const root = temporaryDir(t);
  await using store = new LocalStore(root);
  const tar = await bytesOf(layer.tar());
  const { stored } = await store.layers.ingest(once(tar), { mediaType: MEDIA_TYPES.layer });
  const announced = { mediaType: MEDIA_TYPES.layerGzip, digest: digestOf('never here'), size: 9 };
  const lazy = lazyLayer({ diffId: digestOf(tar) as DiffID, stored: announced, fetch: () => Promise.reject(new Error('fetched')) });
  t.deepEqual((await store.layers.put(lazy)).stored, stored);
});

test('a layer whose only blob is gone is not there', async (t) => {
  const { store, blob, id } = await withCompressed(t);
  await store.content.remove(digestOf(blob));
  t.is(await store.layers.get(id), undefined);
});

test('a layer whose blob has another size than it had is not there', async (t) => {
  const root = temporaryDir(t);
  await using store = new LocalStore(root);
  const diffId = await (await store.layers.put(layer)).diffId();
  writeFileSync(store.content.path(diffId), '');
  t.is(await store.layers.get(ID), undefined);
  t.is(await textOf(await store.layers.put(layer), 'd/a'), 'd/a'.repeat(5000).slice(0, 5000));
});

const ways: readonly (readonly [string, (one: Layer) => Promise<unknown>])[] = [
  ['its tar', (one) => bytesOf(one.tar())],
  ['its files', (one) => one.contents()],
];
for (const [what, read] of ways)
  for (const [how, spoil] of [
    ['changed in the middle', (bytes: Buffer) => bytes.fill(0x55, 100, 140)],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 200)],
  ] as const)
    test(`a compressed blob that was ${how} is BLOB_CORRUPT to whoever wants ${what}`, async (t) => {
      const { store, blob, taken } = await withCompressed(t);
      writeFileSync(store.content.path(digestOf(blob)), spoil(Buffer.from(blob)));
      const error = await t.throwsAsync(read(taken), { code: 'BLOB_CORRUPT' });
      t.regex((error as { hint?: string }).hint ?? '', /again/);
    });

test('a layer that came in anew is whole after its blob was found damaged', async (t) => {
  const { store, blob, taken, get } = await withCompressed(t);
  writeFileSync(store.content.path(digestOf(blob)), Buffer.alloc(blob.length));
  await t.throwsAsync(bytesOf(taken.tar()), { code: 'BLOB_CORRUPT' });
  await store.layers.ingest(once(blob), { mediaType: MEDIA_TYPES.layerGzip });
  t.is(digestOf(await bytesOf((await get()).tar())), (await taken.diffId()) as DiffID);
});

test('a refused layer leaves no file at all', async (t) => {
  const root = temporaryDir(t);
  await using store = new LocalStore(root);
  await store.state.remember('makes', 'the folders');
  const wrong = { mediaType: MEDIA_TYPES.layer, digest: digestOf('other') };
  await t.throwsAsync(store.layers.ingest(layer.tar(), wrong), { code: 'BLOB_MISMATCH' });
  t.deepEqual(
    ['tmp', 'index', 'blobs/sha256'].flatMap((dir) => readdirSync(join(root, dir))),
    [],
  );
});
