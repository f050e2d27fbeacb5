import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Descriptor, type Digest, digestOf, hexOf, type Image, type ImageIndex, MEDIA_TYPES, serializeIndex } from '@varve/core/image';
import { AMD64, ARM64, attestedIndex, imageOn, S390X, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { loadArchive } from '../src/load-archive.ts';
import { saveImages } from '../src/save-images.ts';
import { openStore } from './archive-bench.ts';

const ALL = [AMD64, ARM64, S390X];

/** An OCI layout in which entries of index.json and files are put by hand. */
class Layout {
  readonly dir: string;
  readonly entries: object[] = [];

  constructor(t: ExecutionContext) {
    this.dir = temporaryDir(t);
    mkdirSync(join(this.dir, 'blobs/sha256'), { recursive: true });
  }
  add(bytes: Uint8Array): void {
    writeFileSync(join(this.dir, 'blobs/sha256', hexOf(digestOf(bytes))), bytes);
  }
  remove({ digest }: Pick<Descriptor, 'digest'>): void {
    rmSync(join(this.dir, 'blobs/sha256', hexOf(digest)));
  }
  async addImage(image: Image): Promise<void> {
    for (const bytes of [await image.manifestBytes(), await image.configBytes()]) this.add(bytes);
    for (const layer of image.layers) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of layer.tar()) chunks.push(Uint8Array.from(chunk));
      this.add(Buffer.concat(chunks));
    }
  }
  write(): string {
    writeFileSync(join(this.dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: this.entries }));
    return this.dir;
  }
}

/** A layout with an attested index under the name `many:1`. */
async function attested(t: ExecutionContext): Promise<{ readonly layout: Layout; readonly index: ImageIndex; readonly bytes: Uint8Array }> {
  const layout = new Layout(t);
  const { index, bytes, blobs } = await attestedIndex(ALL);
  for (const platform of ALL) await layout.addImage(imageOn(platform));
  for (const blob of [...blobs.values(), bytes]) layout.add(blob);
  layout.entries.push({ ...(await index.descriptor()), annotations: { 'io.containerd.image.name': 'many:1' } });
  return { layout, index, bytes };
}

async function loaded(t: ExecutionContext, from: string | AsyncIterable<Uint8Array>) {
  const store = openStore(t, temporaryDir(t));
  const [{ id } = { id: '' }] = await loadArchive(from, store);
  const record = await store.images.find(id);
  if (record === undefined) throw new Error('nothing was loaded');
  return { store, record, index: await store.images.openIndex(record) };
}

test('an index is loaded whole, from a directory and from a stream, and saved as it came', async (t) => {
  const { layout, bytes } = await attested(t);
  const first = await loaded(t, layout.write());
  t.deepEqual(first.record.platforms, ALL);
  const image = await first.store.images.open(first.record);
  const saved = saveImages([{ image, index: first.index, names: ['docker.io/library/many:1'] }], first.store);
  const second = await loaded(t, saved);
  t.deepEqual(Buffer.from((await second.index?.indexBytes()) ?? []), Buffer.from(bytes));
  t.deepEqual(second.record.names, ['docker.io/library/many:1']);
});

test('of an index of which one image is missing the others are loaded, with what was attested of them', async (t) => {
  const { layout, index } = await attested(t);
  layout.remove(await imageOn(S390X).descriptor());
  const { record, index: found } = await loaded(t, layout.write());
  t.deepEqual(record.platforms, [AMD64, ARM64]);
  const kept = await Promise.all((found?.entries ?? []).map(async (entry) => (await entry.descriptor()).digest));
  const all = await Promise.all(index.entries.map(async (entry) => (await entry.descriptor()).digest));
  t.deepEqual(
    kept,
    all.filter((_, i) => i !== 2),
  );
});

test('of an index of which one image is there that one is loaded, as an image', async (t) => {
  const { layout } = await attested(t);
  for (const platform of [AMD64, S390X]) layout.remove(await imageOn(platform).descriptor());
  const { record, index } = await loaded(t, layout.write());
  t.deepEqual([record.id, index], [await imageOn(ARM64).id(), undefined]);
});

test('an attestation that is missing is left out', async (t) => {
  const { layout, index } = await attested(t);
  const [, , , attestation] = index.entries;
  if (attestation?.kind !== 'artifact') throw new Error('the fourth is an attestation');
  const [, statement] = await attestation.blobs();
  layout.remove(statement?.descriptor ?? (await attestation.descriptor()));
  const { record, index: found } = await loaded(t, layout.write());
  t.deepEqual([record.platforms, found?.entries.length], [ALL, 5]);
});

test('an image that was changed is refused, and nothing of its index stays', async (t) => {
  const { layout } = await attested(t);
  writeFileSync(join(layout.dir, 'blobs/sha256', hexOf((await imageOn(ARM64).descriptor()).digest)), await imageOn(AMD64).manifestBytes());
  const store = openStore(t, temporaryDir(t));
  await t.throwsAsync(loadArchive(layout.write(), store), { code: 'BLOB_MISMATCH' });
  t.deepEqual(await store.images.list(), []);
});

test('entries of one name that say their platforms become one index', async (t) => {
  const layout = new Layout(t);
  for (const platform of [ARM64, AMD64]) {
    await layout.addImage(imageOn(platform));
    const annotations = { 'org.opencontainers.image.ref.name': 'acme/flat:2' };
    layout.entries.push({ ...(await imageOn(platform).descriptor()), platform, annotations });
  }
  const { record } = await loaded(t, layout.write());
  t.deepEqual([record.platforms, record.names], [[ARM64, AMD64], ['docker.io/acme/flat:2']]);
});

/** A layout with an index of one index, for two platforms, that is named so many times in each of so many more. */
async function nested(t: ExecutionContext, { depth = 1, times = 1 } = {}): Promise<{ readonly layout: Layout; readonly outer: Digest }> {
  const layout = new Layout(t);
  await layout.addImage(imageOn(AMD64));
  await layout.addImage(imageOn(ARM64));
  let bytes = serializeIndex([
    { ...(await imageOn(AMD64).descriptor()), platform: AMD64 },
    { ...(await imageOn(ARM64).descriptor()), platform: ARM64 },
  ]);
  for (let level = 0; level < depth; level++) {
    layout.add(bytes);
    bytes = serializeIndex(Array(times).fill({ mediaType: MEDIA_TYPES.index, digest: digestOf(bytes), size: bytes.length }));
  }
  layout.add(bytes);
  layout.entries.push({ mediaType: MEDIA_TYPES.index, digest: digestOf(bytes), size: bytes.length });
  return { layout, outer: digestOf(bytes) };
}

test('an index in an index is loaded whole', async (t) => {
  const { layout, outer } = await nested(t);
  const { record } = await loaded(t, layout.write());
  t.deepEqual([record.id, record.platforms], [outer, [AMD64, ARM64]]);
});

test('an index in an index of which one image is missing gives the other', async (t) => {
  const { layout } = await nested(t);
  layout.remove(await imageOn(AMD64).descriptor());
  t.is((await loaded(t, layout.write())).record.id, await imageOn(ARM64).id());
});

for (const [what, shape] of [
  ['too deep', { depth: 6 }],
  ['over each other', { depth: 1, times: 2 }],
] as const)
  test(`indexes in indexes that go ${what} are refused`, async (t) => {
    const { layout } = await nested(t, shape);
    await t.throwsAsync(loadArchive(layout.write(), openStore(t, temporaryDir(t))), { code: 'IMAGE_INVALID' });
  });
