import { gzipSync } from 'node:zlib';
import {
  asDiffID,
  asLayerID,
  type Digest,
  descriptorOf,
  digestOf,
  foreignImage,
  type Image,
  type Layer,
  lazyLayer,
  MEDIA_TYPES,
  makeImage,
  serializeConfig,
  serializeManifest,
} from '../../image/index.ts';
import type { ImageRecord, ImageStore } from '../../src/index.ts';
import { entry, fixtureLayer } from '../layer-fixture.ts';
import { sha512Image } from '../sha512-image.ts';
import type { StoreClaim } from '../store-contract.ts';
import { collectBytes } from './streams.ts';

const layerOf = (name: string): Layer => fixtureLayer(asLayerID(digestOf(`step ${name}`)), [entry.file(name, 100)]);

interface ImageOptions {
  readonly created?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
const imageOf = (names: readonly string[], { created = '2026-01-02T03:04:05Z', annotations }: ImageOptions = {}): Image =>
  makeImage({
    config: { os: 'linux', architecture: 'amd64', created, config: { Cmd: ['sh'] }, history: names.map((name) => ({ created_by: name })) },
    layers: names.map(layerOf),
    annotations,
  });

const namesOf = async (store: ImageStore) => Object.fromEntries((await store.list()).map(({ id, names }) => [id, names]));

export function imageClaims(claim: StoreClaim<ImageStore>): void {
  claim('a new store has no images', async (t, { store }) => {
    t.deepEqual(await store.list(), []);
    t.is(await store.find('busybox'), undefined);
  });

  claim('a stored image is what it was: config, manifest, layers', async (t, { store, again }) => {
    const image = imageOf(['a', 'b'], { annotations: { x: 'y' } });
    const record = await store.put(image, { names: ['app:1'] });
    const opened = await (await again()).open(record);
    t.deepEqual(Buffer.from(await opened.configBytes()), Buffer.from(await image.configBytes()));
    t.deepEqual(Buffer.from(await opened.manifestBytes()), Buffer.from(await image.manifestBytes()));
    t.deepEqual(await opened.descriptor(), await image.descriptor());
    for (const [i, layer] of opened.layers.entries())
      t.deepEqual(await collectBytes(layer.tar()), await collectBytes(image.layers[i]?.tar() as AsyncIterable<Uint8Array>));
  });

  claim('a record says what the image is', async (t, { store }) => {
    const image = imageOf(['a', 'b']);
    const { storedAt, ...record } = await store.put(image, { names: ['localhost:5000/app', 'app'] });
    let size = 0;
    for (const layer of image.layers) size += await layer.size();
    t.deepEqual(record, {
      descriptor: await image.descriptor(),
      id: await image.id(),
      names: ['docker.io/library/app:latest', 'localhost:5000/app:latest'],
      created: '2026-01-02T03:04:05Z',
      size,
    });
    t.true(Math.abs(Date.now() - storedAt) < 60_000);
  });

  claim('an image without layers can be stored', async (t, { store }) => {
    const record = await store.put(imageOf([]));
    t.deepEqual((await store.open(record)).layers, []);
    t.is(record.size, 0);
  });

  const spellings = ['acme/app:1.0', 'docker.io/acme/app:1.0', 'index.docker.io/acme/app:1.0'];
  for (const text of spellings)
    claim(`an image named docker.io/acme/app:1.0 is found as ${text}`, async (t, { store }) => {
      const record = await store.put(imageOf(['a']), { names: ['docker.io/acme/app:1.0'] });
      t.deepEqual(await store.find(text), record);
    });

  claim('an image is found by digest and ID, with a name in front or beginning, and by what they begin with', async (t, { store }) => {
    const record = await store.put(imageOf(['a']), { names: ['app:1'] });
    const { digest } = record.descriptor;
    const texts = [
      digest,
      record.id,
      `app@${digest}`,
      `app:other@${digest}`,
      record.id.slice(7),
      record.id.slice(7, 19),
      record.id.slice(0, 14),
      digest.slice(7, 19),
    ];
    for (const text of texts) t.deepEqual(await store.find(text), record, text);
  });

  for (const text of [
    'other',
    'app:2',
    'registry.example/app:1',
    `app@${digestOf('other')}`,
    'ffffffffffff',
    digestOf('other'),
    'No Name',
    '',
  ])
    claim(`${JSON.stringify(text)} finds nothing`, async (t, { store }) => {
      await store.put(imageOf(['a']), { names: ['app:1'] });
      t.is(await store.find(text), undefined);
    });

  claim('the beginning of two IDs is ambiguous, and says whose', async (t, { store }) => {
    const ids = new Map<string, Digest>();
    let twin: string | undefined;
    for (let i = 0; twin === undefined; i++) {
      const { id } = await store.put(imageOf([], { created: `2026-01-01T00:00:${String(i % 60).padStart(2, '0')}.${i}Z` }));
      const start = id.slice(7, 9);
      if (ids.has(start)) twin = start;
      ids.set(start, id);
    }
    const error = await t.throwsAsync(store.find(twin), { code: 'IMAGE_AMBIGUOUS' });
    t.true(error?.message.includes(ids.get(twin) ?? '?'));
  });

  claim('a name that looks like the beginning of an ID is a name first', async (t, { store }) => {
    const named = await store.put(imageOf(['a']), { names: ['cafe'] });
    t.deepEqual(await store.find('cafe'), named);
  });

  claim('a name moves to the image that was stored last, and leaves the other dangling', async (t, { store }) => {
    const first = await store.put(imageOf(['a']), { names: ['app'] });
    const second = await store.put(imageOf(['b']), { names: ['app'] });
    t.deepEqual(await namesOf(store), { [first.id]: [], [second.id]: ['docker.io/library/app:latest'] });
  });

  claim('putting an image again adds names and keeps it as it came', async (t, { store }) => {
    const first = await store.put(imageOf(['a']), { names: ['app:1'] });
    const second = await store.put(imageOf(['a']), { names: ['app:2'] });
    t.deepEqual(second, { ...first, names: ['docker.io/library/app:1', 'docker.io/library/app:2'] });
    t.is((await store.list()).length, 1);
  });

  claim('tag gives one more name and takes it from whichever had it', async (t, { store }) => {
    const first = await store.put(imageOf(['a']), { names: ['app:1'] });
    const second = await store.put(imageOf(['b']), { names: ['app:2'] });
    await store.tag(second, 'app:1');
    t.deepEqual(await namesOf(store), { [first.id]: [], [second.id]: ['docker.io/library/app:1', 'docker.io/library/app:2'] });
  });

  claim('an image that was removed cannot be tagged', async (t, { store }) => {
    const record = await store.put(imageOf(['a']));
    await store.remove(record);
    await t.throwsAsync(store.tag(record, 'app'), { code: 'IMAGE_UNKNOWN' });
    t.is(await store.find('app'), undefined);
  });

  claim('what is no name cannot be given', async (t, { store }) => {
    const record = await store.put(imageOf(['a']));
    await t.throwsAsync(store.tag(record, 'No Name'), { code: 'REFERENCE_INVALID' });
    await t.throwsAsync(store.put(imageOf(['b']), { names: ['No Name'] }), { code: 'REFERENCE_INVALID' });
    t.is((await store.list()).length, 1);
  });

  claim('untag takes a name away and says whether anybody had it', async (t, { store }) => {
    const { id } = await store.put(imageOf(['a']), { names: ['app'] });
    t.true(await store.untag('app:latest'));
    t.false(await store.untag('app'));
    t.deepEqual(await namesOf(store), { [id]: [] });
  });

  claim('images are listed newest first', async (t, { store }) => {
    const ids: Digest[] = [];
    for (const name of ['a', 'b', 'c', 'd']) ids.unshift((await store.put(imageOf([name]))).id);
    t.deepEqual(
      (await store.list()).map(({ id }) => id),
      ids,
    );
  });

  claim('a removed image is gone with its blobs and names, which is said', async (t, { store }) => {
    const image = imageOf(['a', 'b']);
    const record = await store.put(image, { names: ['app'] });
    const { blobs } = await store.remove(record);
    const layers = await Promise.all(image.layers.map((layer) => layer.diffId()));
    t.deepEqual([...blobs].sort(), [record.descriptor.digest, record.id, ...layers].sort());
    t.is(await store.find('app'), undefined);
    t.deepEqual(await store.list(), []);
    t.deepEqual(await store.remove(record), { blobs: [] });
    await t.throwsAsync(store.open(record), { code: 'BLOB_UNKNOWN' });
  });

  claim('what another image needs stays', async (t, { store }) => {
    const base = await store.put(imageOf(['a']), { names: ['base'] });
    const image = imageOf(['a', 'b']);
    const above = await store.put(image, { names: ['above'] });
    const { blobs } = await store.remove(base);
    t.deepEqual([...blobs].sort(), [base.descriptor.digest, base.id].sort());
    t.deepEqual(await readable(store, above), 2);
    t.true((await store.remove(above)).blobs.includes((await image.layers[0]?.diffId()) as Digest));
  });

  claim('an image can be stored again after it was removed', async (t, { store }) => {
    await store.remove(await store.put(imageOf(['a'])));
    t.is(await readable(store, await store.put(imageOf(['a']))), 1);
  });

  claim('a foreign image keeps its manifest and its compressed layers', async (t, { store }) => {
    const { image, stored } = await foreign();
    const record = await store.put(image, { names: ['foreign'] });
    t.is(record.descriptor.mediaType, MEDIA_TYPES.dockerManifest);
    const opened = await store.open(record);
    t.is(await readable(store, record), 1);
    t.deepEqual(Buffer.from(await opened.manifestBytes()), Buffer.from(await image.manifestBytes()));
    t.is(opened.layers[0]?.id, image.layers[0]?.id);
    t.is(stored.mediaType, MEDIA_TYPES.dockerLayerGzip);
  });

  claim('an image in which everything is called by its sha512 keeps all these names', async (t, { store, again }) => {
    const { image } = await sha512Image(imageOf(['a', 'b']));
    const record = await store.put(image, { names: ['app:1'] });
    const other = await again();
    t.deepEqual([record.descriptor, record.id], [await image.descriptor(), await image.id()]);
    t.true(record.descriptor.digest.startsWith('sha512:') && record.id.startsWith('sha512:'));
    for (const text of ['app:1', record.id, record.id.slice(7, 19), `app@${record.descriptor.digest}`])
      t.deepEqual(await other.find(text), record, text);
    const opened = await other.open(record);
    t.deepEqual([await opened.descriptor(), await opened.id()], [record.descriptor, record.id]);
    for (const layer of opened.layers) t.is(digestOf(await collectBytes(layer.tar()), 'sha512'), await layer.diffId());
    const { blobs } = await other.remove(record);
    t.deepEqual([...blobs].sort(), [record.descriptor.digest, record.id, ...(await diffIdsOf(image))].sort());
    t.is(await store.find('app:1'), undefined);
  });

  claim('an image whose manifest and configuration disagree is refused', async (t, { store }) => {
    const layer = layerOf('a');
    const configBytes = serializeConfig({ os: 'linux', architecture: 'amd64', config: {}, history: [] }, [asDiffID(digestOf('other'))]);
    const descriptor = { mediaType: MEDIA_TYPES.layer, digest: await layer.diffId(), size: await layer.size() };
    const manifestBytes = serializeManifest(descriptorOf(MEDIA_TYPES.config, configBytes), [descriptor]);
    const image = foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.manifest, layers: [layer] });
    await t.throwsAsync(store.put(image, { names: ['app'] }), { code: 'IMAGE_INVALID' });
    t.deepEqual(await store.list(), []);
  });

  claim('an image of which a layer cannot be read leaves neither record nor name', async (t, { store }) => {
    const lost: Layer = { ...layerOf('b'), tar: () => failing('source is gone') };
    const { config } = imageOf(['a', 'b']);
    await t.throwsAsync(store.put(makeImage({ config, layers: [layerOf('a'), lost] }), { names: ['app'] }), { message: 'source is gone' });
    t.deepEqual(await store.list(), []);
    t.is(await store.find('app'), undefined);
  });
}

const diffIdsOf = ({ layers }: Image): Promise<readonly Digest[]> => Promise.all(layers.map((layer) => layer.diffId()));

/** How many layers can be read to their end. */
async function readable(store: ImageStore, record: ImageRecord): Promise<number> {
  let count = 0;
  for (const layer of (await store.open(record)).layers) if (digestOf(await collectBytes(layer.tar())) === (await layer.diffId())) count++;
  return count;
}

// biome-ignore lint/correctness/useYield: it fails before it could
async function* failing(message: string): AsyncGenerator<Uint8Array, void, undefined> {
  throw new Error(message);
}

/** An image as it came from a registry that still speaks docker's types. Its layer's tar is all that this suite can hand over. */
async function foreign() {
  const made = layerOf('foreign');
  const tar = await collectBytes(made.tar());
  const blob = gzipSync(tar);
  const stored = { mediaType: MEDIA_TYPES.dockerLayerGzip, digest: digestOf(blob), size: blob.length };
  const layer = lazyLayer({ diffId: asDiffID(digestOf(tar)), stored, fetch: async () => made });
  const configBytes = Buffer.from(
    `{"os":"linux","architecture":"amd64","config":null, "rootfs":{"type":"layers","diff_ids":["${digestOf(tar)}"]}}\n`,
  );
  const manifestBytes = Buffer.from(
    JSON.stringify(
      {
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.dockerManifest,
        config: descriptorOf(MEDIA_TYPES.dockerConfig, configBytes),
        layers: [stored],
      },
      null,
      3,
    ),
  );
  return { stored, image: foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.dockerManifest, layers: [layer] }) };
}
