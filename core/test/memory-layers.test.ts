import { gzipSync } from 'node:zlib';
import test from 'ava';
import { asLayerID, composeLayer, digestOf, MEDIA_TYPES } from '../image/index.ts';
import { MemoryLayers } from '../testing/index.ts';

/** A tar with one file, in pieces. */
async function tarOf(text: string): Promise<Buffer> {
  const bytes = Buffer.from(text);
  const attributes = { mode: 0o644, uid: 1, gid: 2, mtime: { seconds: 3, nanoseconds: 0 } };
  const index = [{ type: 'file', path: 'a', size: bytes.length, ...attributes }] as const;
  const layer = composeLayer(asLayerID(digestOf(text)), index, () => ({ kind: 'bytes', bytes }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of layer.tar()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
async function* streamOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes.subarray(0, 100);
  yield bytes.subarray(100);
}

test('a layer from elsewhere is kept with its index, its bytes and the form in which it came', async (t) => {
  const tar = await tarOf('hello');
  const zipped = gzipSync(tar);
  const layers = new MemoryLayers();
  const layer = await layers.ingest(streamOf(zipped), { mediaType: MEDIA_TYPES.layerGzip, digest: digestOf(zipped), size: zipped.length });
  t.is(await layer.diffId(), digestOf(tar) as never);
  t.is(layer.stored?.digest, digestOf(zipped));
  const [file] = await layer.index();
  if (file?.type !== 'file') return t.fail('no file');
  const content = (await layer.contents())(file);
  t.is(content.kind === 'bytes' && Buffer.from(content.bytes).toString(), 'hello');
  t.is(await layers.get(layer.id), layer);
});

test('a layer that is not what was expected is refused and not kept', async (t) => {
  const tar = await tarOf('hello');
  const layers = new MemoryLayers();
  const ingesting = layers.ingest(streamOf(tar), { mediaType: MEDIA_TYPES.layer, digest: digestOf('other') });
  await t.throwsAsync(ingesting, { code: 'BLOB_MISMATCH' });
  t.is(await layers.get(asLayerID(digestOf(tar))), undefined);
});
