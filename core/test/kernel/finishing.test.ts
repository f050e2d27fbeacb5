import test from 'ava';
import { asLayerID, composeLayer, digestOf, foreignImage, type Layer, MEDIA_TYPES, makeImage } from '../../image/index.ts';
import { kernelOf, oneBuild, plugin, preset } from './helpers.ts';

const layer: Layer = composeLayer(asLayerID(digestOf('a step')), [], () => ({ kind: 'bytes', bytes: Buffer.alloc(0) }));

test('an image from elsewhere that an `image` tap returns stays the bytes that it is', async (t) => {
  const own = makeImage({ config: { os: 'linux', architecture: 'amd64', config: {}, history: [] }, layers: [layer] });
  const text = Buffer.from(await own.configBytes()).toString();
  const configBytes = Buffer.from(`${text}\n`); // other bytes than are written here
  const manifestBytes = await own.manifestBytes();
  const foreign = foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.dockerManifest, layers: [layer] });
  await using kernel = kernelOf(...preset(plugin('foreign', ({ hooks }) => hooks.image.tap(async () => foreign))));
  const { id, descriptor, image } = await kernel.build(oneBuild);
  t.is(id, digestOf(configBytes));
  t.deepEqual([descriptor.digest, descriptor.mediaType], [digestOf(manifestBytes), MEDIA_TYPES.dockerManifest]);
  t.not(image.layers[0], layer);
});

test('a layer whose digest could not be made is asked again', async (t) => {
  const bytes = Buffer.from('text');
  let isBroken = true;
  const file = { type: 'file', path: 'f', mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, size: 4 } as const;
  const mended = composeLayer(asLayerID(digestOf('another')), [file], () => {
    if (isBroken) throw new Error('gone');
    return { kind: 'bytes', bytes };
  });
  await t.throwsAsync(mended.diffId());
  isBroken = false;
  await t.notThrowsAsync(mended.diffId());
});
