import type { ExecutionContext } from 'ava';
import { type Digest, digestOf, foreignIndex, hostPlatform, type ImageIndex, imagesOf, makeIndex } from '../../image/index.ts';
import type { ImageStore } from '../../src/index.ts';
import { AMD64, ARM64, attestedIndex, imageOn, nestedIndex, S390X } from '../index-fixture.ts';
import type { StoreClaim } from '../store-contract.ts';
import { collectBytes } from './streams.ts';

/** Everything that belongs to an index, by digest. */
async function partsOf(index: ImageIndex): Promise<readonly Digest[]> {
  const parts = new Set<Digest>([(await index.descriptor()).digest]);
  for (const entry of index.entries) {
    parts.add((await entry.descriptor()).digest);
    if (entry.kind === 'artifact') for (const { descriptor } of await entry.blobs()) parts.add(descriptor.digest);
    else if (entry.kind === 'index') for (const part of await partsOf(entry.index)) parts.add(part);
    else {
      const image = await entry.image();
      parts.add(await image.id());
      for (const layer of image.layers) parts.add(await layer.diffId());
    }
  }
  return [...parts].sort();
}

async function opened(t: ExecutionContext, store: ImageStore, name: string): Promise<ImageIndex> {
  const record = await store.find(name);
  const index = record && (await store.openIndex(record));
  if (index === undefined) throw new Error(`${t.title}: ${name} is no index`);
  return index;
}

export function indexClaims(claim: StoreClaim<ImageStore>): void {
  claim('a stored index is what it was: its bytes, its images, and what goes with them', async (t, { store, again }) => {
    const { index, bytes, blobs } = await attestedIndex();
    await store.putIndex(index, { names: ['many:1'] });
    const found = await opened(t, await again(), 'many:1');
    t.deepEqual(Buffer.from(await found.indexBytes()), Buffer.from(bytes));
    t.deepEqual(await partsOf(found), await partsOf(index));
    for (const [i, image] of imagesOf(found).entries())
      t.deepEqual(await (await image.image()).manifestBytes(), await (await imagesOf(index)[i]?.image())?.manifestBytes());
    for (const entry of found.entries)
      if (entry.kind === 'artifact')
        for (const { descriptor, read } of await entry.blobs())
          t.deepEqual(await collectBytes(read()), Buffer.from(blobs.get(descriptor.digest) ?? []));
  });

  claim('an index is one record, with its digest as ID and its platforms in its order', async (t, { store }) => {
    const index = makeIndex([
      { platform: ARM64, image: imageOn(ARM64, '2026-01-01T00:00:00Z') },
      { platform: AMD64, image: imageOn(AMD64, '2026-02-02T00:00:00Z') },
    ]);
    const { storedAt: _, size, ...record } = await store.putIndex(index, { names: ['many'] });
    const descriptor = await index.descriptor();
    const names = ['docker.io/library/many:latest'];
    t.deepEqual(record, { descriptor, id: descriptor.digest, names, created: '2026-02-02T00:00:00Z', platforms: [ARM64, AMD64] });
    t.deepEqual(
      (await store.list()).map(({ id }) => id),
      [record.id],
    );
    const [one] = imageOn(AMD64).layers;
    t.is(size, 3 * ((await one?.size()) ?? 0));
  });

  claim('opening an index gives the image that fits, and says what there is where none does', async (t, { store }) => {
    const { index } = await attestedIndex();
    const record = await store.putIndex(index);
    for (const platform of [AMD64, ARM64]) t.is((await store.open(record, { platform })).config.architecture, platform.architecture);
    t.is((await store.open(record)).config.architecture, hostPlatform().architecture === 'arm64' ? 'arm64' : 'amd64');
    const error = await t.throwsAsync(store.open(record, { platform: S390X }), { code: 'IMAGE_PLATFORM' });
    t.regex(error?.message ?? '', /found linux\/amd64, linux\/arm64$/);
  });

  claim('an image of an index is found by digest and ID, and is no index', async (t, { store }) => {
    const { index } = await attestedIndex();
    await store.putIndex(index, { names: ['many'] });
    const image = imageOn(ARM64);
    for (const text of [(await image.descriptor()).digest, await image.id(), `many@${(await image.descriptor()).digest}`]) {
      const record = await store.find(text);
      t.deepEqual([record?.id, record?.names, record?.platforms], [await image.id(), [], undefined], text);
      t.is(record && (await store.openIndex(record)), undefined);
    }
  });

  claim('a removed index is gone with everything that it named', async (t, { store }) => {
    const { index } = await attestedIndex();
    const record = await store.putIndex(index, { names: ['many'] });
    t.deepEqual([...(await store.remove(record)).blobs].sort(), await partsOf(index));
    t.deepEqual(await store.list(), []);
    t.is(await store.find(await imageOn(ARM64).id()), undefined);
    t.deepEqual(await store.remove(record), { blobs: [] });
  });

  claim('an image of an index cannot be removed alone', async (t, { store }) => {
    const { index } = await attestedIndex();
    await store.putIndex(index, { names: ['many'] });
    const part = await store.find(await imageOn(ARM64).id());
    const error = await t.throwsAsync(async () => part && (await store.remove(part)), { code: 'IMAGE_IN_USE' });
    t.regex(error?.message ?? '', /many:latest/);
    t.is((await opened(t, store, 'many')).entries.length, 4);
  });

  claim('an image of an index that got a name stays when the index goes, and the other way round', async (t, { store }) => {
    const { index } = await attestedIndex();
    const record = await store.putIndex(index, { names: ['many'] });
    const part = await store.find(await imageOn(ARM64).id());
    if (part === undefined) throw new Error('there is no such image');
    await store.tag(part, 'one');
    t.is((await store.list()).length, 2);
    await store.remove((await store.find('one')) ?? part);
    t.deepEqual([(await store.list()).length, await store.find('one')], [1, undefined]);
    await store.tag(part, 'one');
    await store.remove(record);
    t.is((await store.find('one'))?.id, part.id);
    for (const layer of (await store.open(part)).layers) t.is(digestOf(await collectBytes(layer.tar())), await layer.diffId());
  });

  claim('an image that was here before stays when an index that has it goes', async (t, { store }) => {
    const own = await store.put(imageOn(AMD64), { names: ['own'] });
    const { index } = await attestedIndex();
    await store.remove(await store.putIndex(index));
    t.deepEqual(await store.list(), [own]);
    t.is((await store.open(own)).config.architecture, 'amd64');
  });

  claim('two indexes may have the same images, and the last one takes them along', async (t, { store }) => {
    const { index } = await attestedIndex();
    const [amd64, both] = [makeIndex([{ platform: AMD64, image: imageOn(AMD64) }]), index];
    const [first, second] = [await store.putIndex(amd64), await store.putIndex(both)];
    await store.remove(first);
    t.is((await store.open(second, { platform: AMD64 })).config.architecture, 'amd64');
    t.true((await store.remove(second)).blobs.includes(await imageOn(AMD64).id()));
  });

  claim('an index may name platforms that nobody has heard of', async (t, { store }) => {
    const platforms = [
      { os: 'no/os', architecture: 'a b\n', variant: '..' },
      { os: '', architecture: '' },
    ];
    const images = platforms.map((platform, i) => ({ platform, image: imageOn(i === 0 ? AMD64 : ARM64) }));
    const record = await store.putIndex(makeIndex(images), { names: ['odd'] });
    t.deepEqual(record.platforms, platforms);
    t.deepEqual(await store.list(), [record]);
    await t.throwsAsync(store.open(record, { platform: AMD64 }), { code: 'IMAGE_PLATFORM' });
  });

  claim('names move between images and indexes', async (t, { store }) => {
    const image = await store.put(imageOn(AMD64), { names: ['app'] });
    const { index } = await attestedIndex();
    const many = await store.putIndex(index, { names: ['app'] });
    t.is((await store.find('app'))?.id, many.id);
    await store.tag(image, 'app');
    t.deepEqual([(await store.find('app'))?.id, (await store.find(many.id))?.names], [image.id, []]);
  });

  claim('an index of indexes is what it was, with the platforms of all, and goes whole', async (t, { store, again }) => {
    const { index: outer, inner } = await nestedIndex();
    const record = await store.putIndex(outer, { names: ['nested'] });
    t.deepEqual(record.platforms, [S390X, AMD64, ARM64]);
    const found = await opened(t, await again(), 'nested');
    t.deepEqual(Buffer.from(await found.indexBytes()), Buffer.from(await outer.indexBytes()));
    t.deepEqual(await partsOf(found), await partsOf(outer));
    t.true((await partsOf(found)).includes((await inner.descriptor()).digest));
    for (const platform of [S390X, ARM64]) t.is((await store.open(record, { platform })).config.architecture, platform.architecture);
    t.deepEqual([...(await store.remove(record)).blobs].sort(), await partsOf(outer));
  });

  claim('an index that does not name what it brings is refused, and leaves neither record nor name', async (t, { store }) => {
    const { index, bytes } = await attestedIndex();
    const { mediaType } = await index.descriptor();
    const wrong = foreignIndex({ indexBytes: bytes, mediaType, entries: index.entries.slice(1) });
    await t.throwsAsync(store.putIndex(wrong, { names: ['many'] }), { code: 'IMAGE_INVALID' });
    t.deepEqual([await store.list(), await store.find('many')], [[], undefined]);
  });
}
