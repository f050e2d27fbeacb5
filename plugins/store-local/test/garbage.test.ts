import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { asCacheKey, asLayerID, digestOf, type Image, type LayerID, makeImage } from '@varve/core/image';
import { entry, fixtureLayer, temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { LocalStore } from '../src/local-store.ts';

const idOf = (name: string): LayerID => asLayerID(digestOf(`step ${name}`));
const imageOf = (...names: readonly string[]): Image =>
  makeImage({
    config: { os: 'linux', architecture: 'amd64', config: {}, history: [] },
    layers: names.map((name) => fixtureLayer(idOf(name), [entry.file(name, 10)])),
  });
const record = (name: string, layer: LayerID) => ({
  key: asCacheKey(digestOf(name)),
  parts: {},
  parent: '',
  kind: 'run',
  title: name,
  layer,
  createdAt: '',
});

for (const [how, idFor] of [
  ['the key of its step', async () => idOf('a')],
  ['its diffID', async (image: Image) => asLayerID((await image.layers[0]?.diffId()) ?? digestOf(''))],
] as const)
  test(`a layer that a cached step names by ${how} outlives its image`, async (t) => {
    await using store = new LocalStore(temporaryDir(t));
    const image = imageOf('a', 'b');
    const stored = await store.images.put(image);
    const id = await idFor(image);
    await store.cache.put(record('a', id));
    const { blobs } = await store.images.remove(stored);
    t.is(blobs.length, 3); // manifest, config, layer b
    t.not(await store.layers.get(id), undefined);
    t.is(await store.layers.get(idOf('b')), undefined);
  });

test('removing every image leaves neither blobs nor indexes', async (t) => {
  const root = temporaryDir(t);
  await using store = new LocalStore(root);
  for (const names of [['a'], ['a', 'b'], ['c', 'b']]) await store.images.put(imageOf(...names));
  for (const image of await store.images.list()) await store.images.remove(image);
  t.deepEqual([readdirSync(join(root, 'blobs/sha256')), readdirSync(join(root, 'index'))], [[], []]);
});

test('what a process that was killed while removing left is deleted by the next removal', async (t) => {
  const root = temporaryDir(t);
  await using store = new LocalStore(root);
  const { digest } = await store.content.write(Buffer.from('left'));
  store.database.transaction(() => store.database.run("INSERT INTO garbage (digest, kind) VALUES (?, 'blob')", digest));
  const { blobs } = await store.images.remove(await store.images.put(imageOf('a')));
  t.true(blobs.includes(digest));
  t.is(await store.content.size(digest), undefined);
});

test('an image is stored whole also when another process removes its layers just before it is recorded', async (t) => {
  const root = temporaryDir(t);
  await using store = new LocalStore(root);
  await using other = new LocalStore(root);
  await other.images.put(imageOf('a', 'b'));
  const image = withAuthor(imageOf('a', 'b'), 'somebody else');
  let removals = 0;
  const raced: Image = {
    ...image,
    async manifestBytes(options) {
      if (removals++ === 0) for (const record of await other.images.list()) await other.images.remove(record);
      return await image.manifestBytes(options);
    },
  };
  const record = await store.images.put(raced);
  for (const layer of (await store.images.open(record)).layers) await t.notThrowsAsync(layer.contents());
  t.is(removals, 2);
});

test('an image that cannot be kept whole is not recorded', async (t) => {
  const root = temporaryDir(t);
  await using store = new LocalStore(root);
  const image = imageOf('a');
  const raced: Image = {
    ...image,
    async manifestBytes(options) {
      await store.content.remove((await image.layers[0]?.diffId()) ?? digestOf(''));
      return await image.manifestBytes(options);
    },
  };
  await t.throwsAsync(store.images.put(raced, { names: ['app'] }), { code: 'BLOB_UNKNOWN' });
  t.deepEqual(await store.images.list(), []);
});

const withAuthor = ({ config, layers }: Image, author: string): Image => makeImage({ config: { ...config, author }, layers });
