import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createKernel, IMAGES, type Kernel } from '@varve/core';
import { asLayerID, digestOf, type Image, makeImage, parseReference } from '@varve/core/image';
import { attestedIndex, entry, fixtureLayer, temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { localStore } from '../src/index.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };

function kernelIn(t: ExecutionContext, root: string): Kernel {
  const kernel = createKernel({ root, plugins: [localStore] });
  t.teardown(() => kernel[Symbol.asyncDispose]());
  return kernel;
}
const imageOf = (architecture: string): Image =>
  makeImage({
    config: { os: 'linux', architecture, config: {}, history: [] },
    layers: [fixtureLayer(asLayerID(digestOf('step')), [entry.file('a', 10)])],
  });

test('a kernel with the store makes nothing on disk, also when a name is looked up', async (t) => {
  const root = join(temporaryDir(t), 'store');
  const kernel = kernelIn(t, root);
  await t.throwsAsync(kernel.resolve(parseReference('app')), { code: 'IMAGE_UNKNOWN', message: /no image here has this name/ });
  t.false(existsSync(root));
});

const references = ['app', 'app:latest', 'docker.io/library/app:latest'];
for (const text of references)
  test(`an image that is here is resolved as ${text}`, async (t) => {
    const kernel = kernelIn(t, temporaryDir(t));
    const { id } = await kernel.get(IMAGES).put(imageOf('amd64'), { names: ['app'] });
    t.is(await (await kernel.resolve(parseReference(text), { platform: PLATFORM })).id(), id);
  });

test('an image that is here is resolved by digest and by ID', async (t) => {
  const kernel = kernelIn(t, temporaryDir(t));
  const { id, descriptor } = await kernel.get(IMAGES).put(imageOf('amd64'));
  for (const text of [`app@${descriptor.digest}`, id.slice(7, 19), id.slice(0, 30)])
    t.is(await (await kernel.resolve(parseReference(text), { platform: PLATFORM })).id(), id, text);
});

test('a few digits are a name, not the beginning of an ID', async (t) => {
  const kernel = kernelIn(t, temporaryDir(t));
  const { id } = await kernel.get(IMAGES).put(imageOf('amd64'));
  await t.throwsAsync(kernel.resolve(parseReference(id.slice(7, 11)), { platform: PLATFORM }), { code: 'IMAGE_UNKNOWN' });
});

test('an image for another platform is declined, and the reason is told', async (t) => {
  const kernel = kernelIn(t, temporaryDir(t));
  await kernel.get(IMAGES).put(imageOf('arm64'), { names: ['app'] });
  await t.throwsAsync(kernel.resolve(parseReference('app'), { platform: PLATFORM }), {
    code: 'IMAGE_UNKNOWN',
    message: /linux\/arm64.*linux\/amd64/,
  });
});

test('of an index the image that fits is resolved, and what there is is told where none fits', async (t) => {
  const kernel = kernelIn(t, temporaryDir(t));
  const { index } = await attestedIndex();
  await kernel.get(IMAGES).putIndex(index, { names: ['many'] });
  for (const architecture of ['amd64', 'arm64'])
    t.is((await kernel.resolve(parseReference('many'), { platform: { os: 'linux', architecture } })).config.architecture, architecture);
  await t.throwsAsync(kernel.resolve(parseReference('many'), { platform: { os: 'linux', architecture: 's390x' } }), {
    code: 'IMAGE_UNKNOWN',
    message: /local: the image here is for linux\/amd64, linux\/arm64, not linux\/s390x/,
  });
});

test('an image that names no architecture fits every platform', async (t) => {
  const kernel = kernelIn(t, temporaryDir(t));
  await kernel.get(IMAGES).put(imageOf(''), { names: ['app'] });
  await t.notThrowsAsync(kernel.resolve(parseReference('app'), { platform: PLATFORM }));
});

test('a fresh look is not answered from here', async (t) => {
  const kernel = kernelIn(t, temporaryDir(t));
  await kernel.get(IMAGES).put(imageOf('amd64'), { names: ['app'] });
  await t.throwsAsync(kernel.resolve(parseReference('app'), { platform: PLATFORM, fresh: true }), { code: 'IMAGE_UNKNOWN' });
});

test('nobody pushes to this host', async (t) => {
  await t.throwsAsync(kernelIn(t, temporaryDir(t)).transport(parseReference('app')), { code: 'TRANSPORT_NONE' });
});
