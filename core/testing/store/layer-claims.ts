import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { contentIn, type FileEntry, readContent, scanDirectory } from '../../archive/index.ts';
import { asDiffID, asLayerID, composeLayer, digestOf, type Layer, type LayerID, lazyLayer, MEDIA_TYPES } from '../../image/index.ts';
import type { LayerStore } from '../../src/index.ts';
import { entry, fixtureLayer } from '../layer-fixture.ts';
import type { StoreClaim } from '../store-contract.ts';
import { broken, collectBytes, inPieces } from './streams.ts';

const ID = asLayerID(digestOf('key of a step'));
const LAST_BYTE = '\udcff';
const ENTRIES = [
  entry.dir('dir', { mode: 0o1777, uid: 12, gid: 34 }),
  entry.opaque('dir'),
  entry.file('dir/file', 5000),
  entry.file('dir/empty', 0),
  entry.file('dir/ünïcödé', 3),
  entry.file(`dir/not-utf8-${LAST_BYTE}`, 7, { xattrs: { 'user.x': '\u0000\u00ff' } }),
  entry.link('dir/link', 'dir/file'),
  entry.symlink('dir/symlink', '../elsewhere'),
  entry.fifo('dir/fifo'),
  entry.device('dir/null', 'char', 1, 3),
  entry.file('before-1970', 1, { mtime: { seconds: -5, nanoseconds: 1 } }),
  entry.whiteout('gone'),
];
const layerOf = (id: LayerID, entries = ENTRIES): Layer => fixtureLayer(id, entries);
const tarOf = (entries = ENTRIES): Promise<Buffer> => collectBytes(layerOf(ID, entries).tar());

/** Bytes of each file, read the way that a step reads them. */
async function contentsOf(layer: Layer): Promise<Readonly<Record<string, string>>> {
  const content = await layer.contents();
  const files = [...(await layer.index())].filter((one): one is FileEntry => one.type === 'file');
  return Object.fromEntries(files.map((file) => [file.path, readContent(content(file)).toString('latin1')]));
}

const plain = async (layer: Layer) => [...(await layer.index())].map((one) => ({ ...one, offset: undefined }));

export function layerClaims(claim: StoreClaim<LayerStore>): void {
  claim('an unknown id has no layer', async (t, { store }) => {
    t.is(await store.get(ID), undefined);
  });

  claim('a stored layer keeps its id, its tar, its index and its contents', async (t, { store, again }) => {
    const layer = layerOf(ID);
    const put = await store.put(layer);
    const found = await (await again()).get(ID);
    for (const one of [put, found]) {
      t.is(one?.id, ID);
      t.deepEqual(await collectBytes((one as Layer).tar()), await tarOf());
      t.deepEqual(await plain(one as Layer), await plain(layer));
      t.deepEqual(await contentsOf(one as Layer), await contentsOf(layer));
      t.is(await one?.diffId(), asDiffID(digestOf(await tarOf())));
      t.is(await one?.size(), (await tarOf()).length);
      t.is(one?.stored, undefined);
    }
  });

  claim('a stored layer is found under its diffID too', async (t, { store }) => {
    const id = asLayerID(await (await store.put(layerOf(ID))).diffId());
    const found = await store.get(id);
    t.is(found?.id, id);
    t.deepEqual(await contentsOf(found as Layer), await contentsOf(layerOf(ID)));
  });

  claim('an empty layer is a layer', async (t, { store }) => {
    const put = await store.put(layerOf(ID, []));
    t.is((await put.index()).length, 0);
    t.is(await put.diffId(), asDiffID(digestOf(Buffer.alloc(1024))));
  });

  claim('putting one layer many times at once makes its tar once', async (t, { store }) => {
    let read = 0;
    const layer = layerOf(ID);
    const counted: Layer = {
      ...layer,
      tar(options) {
        read++;
        return layer.tar(options);
      },
    };
    await Promise.all([store.put(counted), store.put(counted), store.put(counted)]);
    t.is(read, 1);
  });

  claim('a layer of the store is put for nothing', async (t, { store }) => {
    const put = await store.put(layerOf(ID));
    t.is(await store.put(put), put);
  });

  claim('a step that was run again and made something else replaces what was kept under its key', async (t, { store }) => {
    await store.put(layerOf(ID));
    const other = layerOf(ID, [entry.file('other', 3)]);
    const put = await store.put(other);
    t.deepEqual(await contentsOf(put), { other: 'oth' });
    t.deepEqual(await contentsOf((await store.get(ID)) as Layer), { other: 'oth' });
  });

  claim('who gives up waiting does not stop the others', async (t, { store }) => {
    const abort = new AbortController();
    const layer = layerOf(ID);
    const gate = Promise.withResolvers<void>();
    const slow: Layer = {
      ...layer,
      async *tar() {
        await gate.promise;
        yield* layer.tar();
      },
    };
    const [impatient, patient] = [store.put(slow, { signal: abort.signal }), store.put(slow)];
    abort.abort(new Error('enough'));
    await t.throwsAsync(impatient, { message: 'enough' });
    gate.resolve();
    t.is((await patient).id, ID);
  });

  claim('an aborted put leaves nothing', async (t, { store }) => {
    const abort = new AbortController();
    const layer = layerOf(ID);
    const endless: Layer = {
      ...layer,
      async *tar() {
        yield new Uint8Array(100);
        abort.abort(new Error('enough'));
        yield new Uint8Array(100);
      },
    };
    await t.throwsAsync(store.put(endless, { signal: abort.signal }), { message: 'enough' });
    t.is(await store.get(ID), undefined);
  });

  claim('a layer kept in a directory reads its files there', async (t, { store, dir, again }) => {
    const layer = await inDirectory(dir);
    const kept = await store.keep(layer, dir);
    const found = (await (await again()).get(ID)) as Layer;
    for (const one of [kept, found]) {
      t.deepEqual(await contentsOf(one), { 'sub/file': 'text' });
      t.deepEqual(await collectBytes(one.tar()), await collectBytes(layer.tar()));
      t.is(await one.size(), await layer.size());
    }
  });

  claim('a layer whose directory is gone is not there any more', async (t, { store, dir }) => {
    const directory = join(dir, 'snapshot');
    mkdirSync(directory);
    await store.keep(await inDirectory(directory), directory);
    rmSync(directory, { recursive: true });
    t.is(await store.get(ID), undefined);
  });

  claim('a layer whose directory is gone reads from its tar where one was made', async (t, { store, dir }) => {
    const directory = join(dir, 'snapshot');
    mkdirSync(directory);
    await store.put(await store.keep(await inDirectory(directory), directory));
    rmSync(directory, { recursive: true });
    t.deepEqual(await contentsOf((await store.get(ID)) as Layer), { 'sub/file': 'text' });
  });

  claim('asking a kept layer for its diffID makes its tar', async (t, { store, dir }) => {
    const layer = await inDirectory(dir);
    const diffId = await (await store.keep(layer, dir)).diffId();
    t.is(diffId, await layer.diffId());
    t.not(await store.get(asLayerID(diffId)), undefined);
  });

  claim('a step that was run again replaces the directory, and the tar that was made of the other one', async (t, { store, dir }) => {
    await store.put(layerOf(ID));
    await store.keep(await inDirectory(dir), dir);
    t.deepEqual(await contentsOf((await store.get(ID)) as Layer), { 'sub/file': 'text' });
  });

  const forms = [
    ['a plain tar', MEDIA_TYPES.dockerLayer, (tar: Buffer) => tar],
    ['a gzip tar', MEDIA_TYPES.layerGzip, (tar: Buffer) => gzipSync(tar)],
    [
      'a gzip tar of two members',
      MEDIA_TYPES.layerGzip,
      (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]),
    ],
    ['a zstd tar', MEDIA_TYPES.layerZstd, (tar: Buffer) => zstdCompressSync(tar)],
  ] as const;
  for (const [what, mediaType, compress] of forms)
    claim(`${what} from elsewhere is kept byte for byte, and read like any layer`, async (t, { store, again }) => {
      const tar = await tarOf();
      const blob = compress(tar);
      const diffId = asDiffID(digestOf(tar));
      const taken = await store.ingest(inPieces(blob, 333), { mediaType, digest: digestOf(blob), size: blob.length, diffId });
      const found = (await (await again()).get(asLayerID(diffId))) as Layer;
      for (const one of [taken, found]) {
        t.is(one.id, asLayerID(diffId));
        t.deepEqual(one.stored, { mediaType, digest: digestOf(blob), size: blob.length });
        t.deepEqual(await plain(one), await plain(layerOf(ID)));
        t.deepEqual(await collectBytes(one.tar()), tar);
        t.deepEqual(await contentsOf(one), await contentsOf(layerOf(ID)));
        t.is(await one.size(), tar.length);
        t.is(await one.diffId(), diffId);
      }
    });

  for (const [what, pack] of [
    ['a tar', (tar: Buffer) => tar],
    ['gzip', gzipSync],
  ] as const)
    for (const [blob, diff] of [
      ['sha512', 'sha256'],
      ['sha256', 'sha512'],
      ['sha512', 'sha512'],
    ] as const)
      claim(`${what} that is called by its ${blob}, its diffID being a ${diff}, is compared with both`, async (t, { store, again }) => {
        const tar = await tarOf();
        const bytes = pack(tar);
        const expected = { mediaType: MEDIA_TYPES.layer, digest: digestOf(bytes, blob), diffId: asDiffID(digestOf(tar, diff)) };
        const layer = await store.ingest(inPieces(bytes, 10_000), expected);
        t.deepEqual([layer.stored?.digest, await layer.diffId()], [expected.digest, expected.diffId]);
        const found = await (await again()).get(asLayerID(expected.diffId));
        t.deepEqual(found && (await collectBytes(found.tar())), tar);
        t.deepEqual(found && (await contentsOf(found)), await contentsOf(layerOf(ID)));
        for (const wrong of [{ digest: digestOf('x', blob) }, { diffId: asDiffID(digestOf('x', diff)) }])
          await t.throwsAsync(store.ingest(inPieces(bytes, 10_000), { ...expected, ...wrong }), { code: 'BLOB_MISMATCH' });
      });

  claim('bytes behind a compressed stream belong to the blob', async (t, { store }) => {
    const blob = Buffer.concat([gzipSync(await tarOf()), Buffer.alloc(200_000)]);
    const taken = await store.ingest(inPieces(blob, 5000), { mediaType: MEDIA_TYPES.layerGzip, digest: digestOf(blob) });
    t.is(taken.stored?.size, blob.length);
  });

  const wrong = [
    ['another digest', { digest: digestOf('other') }],
    ['another size', { size: 12 }],
    ['another diffID', { diffId: asDiffID(digestOf('other')) }],
  ] as const;
  for (const [what, expected] of wrong)
    claim(`a layer from elsewhere with ${what} is refused and leaves nothing`, async (t, { store }) => {
      for (const blob of [await tarOf(), gzipSync(await tarOf())])
        await t.throwsAsync(store.ingest(inPieces(blob), { mediaType: MEDIA_TYPES.layer, ...expected }), { code: 'BLOB_MISMATCH' });
      t.is(await store.get(asLayerID(digestOf(await tarOf()))), undefined);
    });

  const damaged = [
    ['a tar that was cut off', async () => (await tarOf()).subarray(0, 1500), /^(?:TAR|BLOB)_/],
    ['a gzip stream that was cut off', async () => gzipSync(await tarOf()).subarray(0, 300), /^(?:COMPRESSION|TAR|BLOB)_/],
    ['what is no tar at all', async () => Buffer.alloc(5000, 'text'), /^TAR_/],
  ] as const;
  for (const [what, bytes, code] of damaged)
    claim(`${what} is refused`, async (t, { store }) => {
      const error = await t.throwsAsync(store.ingest(inPieces(await bytes()), { mediaType: MEDIA_TYPES.layer }));
      t.regex((error as { code?: string }).code ?? '', code);
    });

  claim('what cannot be read because it is not what was promised is told as that', async (t, { store }) => {
    const blob = gzipSync(await tarOf());
    const expected = { mediaType: MEDIA_TYPES.layerGzip, digest: digestOf(blob), size: blob.length };
    const altered = Buffer.from(blob).fill(0xff, 40, 60);
    await t.throwsAsync(store.ingest(inPieces(altered), expected), { code: 'BLOB_MISMATCH' });
  });

  claim('a stream that breaks while a layer comes in gives its own error', async (t, { store }) => {
    const tar = await tarOf();
    await t.throwsAsync(store.ingest(broken(tar.subarray(0, 2000), new Error('line cut')), { mediaType: MEDIA_TYPES.layer }), {
      message: 'line cut',
    });
    t.is(await store.get(asLayerID(digestOf(tar))), undefined);
  });

  claim('a layer whose source can start anywhere comes in after it was cut off', async (t, { store }) => {
    const { blob, stored, diffId } = await foreign();
    const from = (offset: number) => inPieces(blob.subarray(offset));
    await t.throwsAsync(store.ingest((offset) => broken(blob.subarray(offset, 300), new Error('line cut')), { ...stored, diffId }));
    t.deepEqual((await store.ingest(from, { ...stored, diffId })).stored, stored);
    t.deepEqual(await contentsOf((await store.get(asLayerID(diffId))) as Layer), await contentsOf(layerOf(ID)));
  });

  claim('nothing is read ahead of a layer that comes in', async (t, { store }) => {
    const tar = Buffer.concat([await tarOf([entry.file('big', 8_000_000)])]);
    let most = 0;
    let given = 0;
    const source = async function* () {
      for await (const piece of inPieces(tar, 100_000)) {
        given += piece.length;
        yield piece;
      }
    };
    const abort = new AbortController();
    const watched = async function* () {
      for await (const piece of source()) {
        yield piece;
        most = Math.max(most, given);
        if (given > 1_000_000) abort.abort(new Error('enough'));
      }
    };
    await t.throwsAsync(store.ingest(watched(), { mediaType: MEDIA_TYPES.layer, signal: abort.signal }), { message: 'enough' });
    t.true(most < 1_500_000, `${most} bytes were taken`);
  });

  claim('a layer from elsewhere that is here already is put without being fetched', async (t, { store }) => {
    const { blob, stored, diffId } = await foreign();
    await store.ingest(inPieces(blob), { ...stored, diffId });
    const put = await store.put(lazyLayer({ diffId, stored, fetch: () => Promise.reject(new Error('fetched')) }));
    t.deepEqual(put.stored, stored);
    t.deepEqual(await contentsOf(put), await contentsOf(layerOf(ID)));
  });

  claim('a layer from elsewhere brings itself in when it is put', async (t, { store }) => {
    const { blob, stored, diffId } = await foreign();
    const lazy = lazyLayer({ diffId, stored, fetch: () => store.ingest(inPieces(blob), { ...stored, diffId }) });
    t.deepEqual((await store.put(lazy)).stored, stored);
  });
}

async function inDirectory(directory: string): Promise<Layer> {
  mkdirSync(join(directory, 'sub'));
  writeFileSync(join(directory, 'sub', 'file'), 'text');
  return composeLayer(ID, await scanDirectory(directory), contentIn(directory));
}

async function foreign() {
  const tar = await tarOf();
  const blob = gzipSync(tar);
  return { blob, stored: { mediaType: MEDIA_TYPES.layerGzip, digest: digestOf(blob), size: blob.length }, diffId: asDiffID(digestOf(tar)) };
}
