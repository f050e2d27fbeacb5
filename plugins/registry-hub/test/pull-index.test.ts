import { type Digest, digestOf, type Image, type ImageIndex, MEDIA_TYPES, makeIndex, parseReference } from '@varve/core/image';
import { AMD64, ARM64, attestedIndex, imageOn, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { openHub } from './hub-bench.ts';
import { startWriting } from './writing-registry.ts';

type Registry = Awaited<ReturnType<typeof startWriting>>;

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function fill({ blobs, manifests }: Registry, images: readonly Image[]): Promise<void> {
  for (const image of images) {
    const bytes = Buffer.from(await image.manifestBytes());
    manifests.set(`acme/app:${digestOf(bytes)}`, { bytes, type: MEDIA_TYPES.manifest });
    blobs.set(`acme/app@${await image.id()}`, Buffer.from(await image.configBytes()));
    for (const layer of image.layers) blobs.set(`acme/app@${await layer.diffId()}`, await bytesOf(layer.tar()));
  }
}

/** A registry that has, byte for byte, an index with attestations as BuildKit pushes it. */
async function bench(t: ExecutionContext) {
  const registry = await startWriting(t);
  const { index, bytes, blobs } = await attestedIndex();
  await fill(registry, [imageOn(AMD64), imageOn(ARM64)]);
  for (const [digest, blob] of blobs) {
    registry.blobs.set(`acme/app@${digest}`, Buffer.from(blob));
    registry.manifests.set(`acme/app:${digest}`, { bytes: Buffer.from(blob), type: MEDIA_TYPES.manifest });
  }
  for (const key of ['1', digestOf(bytes)])
    registry.manifests.set(`acme/app:${key}`, { bytes: Buffer.from(bytes), type: MEDIA_TYPES.index });
  return { ...openHub(t, temporaryDir(t)), registry, index, bytes, blobs, name: parseReference(`${registry.host}/acme/app:1`) };
}

const whole = (index: ImageIndex | undefined): ImageIndex => {
  if (index === undefined) throw new Error('Expected an index');
  return index;
};

test('an index is fetched whole: its bytes, its images, and what was attested of them', async (t) => {
  const { store, transport, name, index, bytes, blobs } = await bench(t);
  const found = whole(await transport.resolveIndex(name, {}));
  t.deepEqual(
    found.entries.map(({ kind }) => kind),
    index.entries.map(({ kind }) => kind),
  );
  const record = await store.images.putIndex(found, { names: ['app'] });
  t.is(record.descriptor.digest, digestOf(bytes));
  t.deepEqual(
    record.platforms?.map(({ architecture }) => architecture),
    ['amd64', 'arm64'],
  );
  t.deepEqual(Buffer.from(await store.content.readAll(record.descriptor.digest)), Buffer.from(bytes));
  for (const [digest, blob] of blobs) t.deepEqual(Buffer.from(await store.content.readAll(digest)), Buffer.from(blob));
  for (const platform of [AMD64, ARM64]) {
    const image = await store.images.open(record, { platform });
    t.is(await image.id(), await imageOn(platform).id());
    for (const layer of image.layers) t.is(digestOf(await bytesOf(layer.tar())), await layer.diffId());
  }
});

test('a layer that its images share comes once, and nothing again that is here', async (t) => {
  const { store, transport, name, registry } = await bench(t);
  await store.images.putIndex(whole(await transport.resolveIndex(name, {})));
  const blobs = registry.requests.map(({ line }) => line).filter((line) => line.startsWith('GET /v2/acme/app/blobs/'));
  t.deepEqual(blobs.length, new Set(blobs).size);
  registry.requests.length = 0;
  await store.images.putIndex(whole(await transport.resolveIndex(name, {})));
  t.deepEqual(
    registry.requests.map(({ line }) => line),
    ['HEAD /v2/acme/app/manifests/1'],
  );
});

test('a name of one image is none of an index', async (t) => {
  const { transport, name } = await bench(t);
  const { digest } = await imageOn(AMD64).descriptor();
  t.is(await transport.resolveIndex({ ...name, digest }, {}), undefined);
});

test('a part of an index that is not what it says is refused', async (t) => {
  const { store, transport, name, registry, blobs } = await bench(t);
  const [statement] = blobs.keys();
  registry.blobs.set(`acme/app@${statement}`, Buffer.alloc(blobs.get(statement as Digest)?.length ?? 0, 'x'));
  const index = whole(await transport.resolveIndex(name, {}));
  await t.throwsAsync(store.images.putIndex(index, { names: ['app'] }), { code: 'BLOB_MISMATCH' });
  t.is(await store.images.find('app'), undefined);
});

/** Indexes in an index, so many deep, each named so many times. */
async function nested(registry: Registry, depth: number, times = 1): Promise<void> {
  const inner = makeIndex([
    { platform: AMD64, image: imageOn(AMD64) },
    { platform: ARM64, image: imageOn(ARM64) },
  ]);
  let bytes = Buffer.from(await inner.indexBytes());
  for (let level = 0; level < depth; level++) {
    registry.manifests.set(`acme/app:${digestOf(bytes)}`, { bytes, type: MEDIA_TYPES.index });
    const manifests = Array(times).fill({ mediaType: MEDIA_TYPES.index, digest: digestOf(bytes), size: bytes.length });
    bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests }));
  }
  for (const key of ['nested', digestOf(bytes)]) registry.manifests.set(`acme/app:${key}`, { bytes, type: MEDIA_TYPES.index });
}

for (const depth of [1, 3])
  test(`an image is found in indexes that are nested ${depth} deep`, async (t) => {
    const { transport, name, registry } = await bench(t);
    await nested(registry, depth);
    const image = await transport.resolve({ ...name, tag: 'nested' }, { platform: ARM64 });
    t.is(await image.id(), await imageOn(ARM64).id());
  });

test('an index of indexes is fetched whole, each manifest once', async (t) => {
  const { store, transport, name, registry } = await bench(t);
  await nested(registry, 3);
  const index = whole(await transport.resolveIndex({ ...name, tag: 'nested' }, {}));
  const record = await store.images.putIndex(index, { names: ['app'] });
  t.deepEqual(record.platforms, [AMD64, ARM64]);
  t.is(await (await store.images.open(record, { platform: ARM64 })).id(), await imageOn(ARM64).id());
  const manifests = registry.requests.map(({ line }) => line).filter((line) => line.includes('/manifests/'));
  t.is(manifests.length, new Set(manifests).size);
});

test('few indexes that name each other many times are refused', async (t) => {
  const { transport, name, registry } = await bench(t);
  await nested(registry, 3, 2);
  await t.throwsAsync(transport.resolveIndex({ ...name, tag: 'nested' }, {}), { code: 'IMAGE_INVALID', message: /found it again/ });
});

for (const [what, size, count] of [
  ['manifests', 10, 10_001],
  ['bytes of manifests', 4 << 20, 20],
] as const)
  test(`an index of more ${what} than anybody needs is refused`, async (t) => {
    const { transport, name, registry } = await bench(t);
    const manifests = Array.from({ length: count }, (_, i) => {
      if (i > 20) return { ...imageManifest('0', 1), digest: digestOf(`${i}`) };
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config: imageManifest('c', 2), layers: [], i, pad: ' '.repeat(size) }));
      registry.manifests.set(`acme/app:${digestOf(bytes)}`, { bytes, type: MEDIA_TYPES.manifest });
      return { mediaType: MEDIA_TYPES.manifest, digest: digestOf(bytes), size: bytes.length };
    });
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests }));
    registry.manifests.set('acme/app:many', { bytes, type: MEDIA_TYPES.index });
    registry.manifests.set(`acme/app:${digestOf(bytes)}`, { bytes, type: MEDIA_TYPES.index });
    const message = new RegExp(`\\d ${what} under one name`);
    await t.throwsAsync(transport.resolveIndex({ ...name, tag: 'many' }, {}), { code: 'IMAGE_INVALID', message });
  });
const imageManifest = (text: string, size: number) => ({ mediaType: MEDIA_TYPES.config, digest: digestOf(text), size });

test('indexes that are nested deeper than anybody needs are refused', async (t) => {
  const { transport, name, registry } = await bench(t);
  await nested(registry, 9);
  await t.throwsAsync(transport.resolve({ ...name, tag: 'nested' }, { platform: ARM64 }), {
    code: 'IMAGE_INVALID',
    message: /nested more than/,
  });
  await t.throwsAsync(transport.resolveIndex({ ...name, tag: 'nested' }, {}), { code: 'IMAGE_INVALID', message: /nested more than/ });
});
