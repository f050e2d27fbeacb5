import type { BuildInfo } from '@varve/core';
import { asLayerID, digestOf } from '@varve/core/image';
import { DirectoryLayers, entry, fixtureContent, fixtureLayer } from '@varve/core/testing';
import test from 'ava';
import { clampLayer } from '../src/clamp.ts';
import { LayerSnapshotter } from '../src/index.ts';
import { readOptions } from '../src/options.ts';

const at = (seconds: number, nanoseconds = 0) => ({ mtime: { seconds, nanoseconds } });
const layer = (name: string, entries: Parameters<typeof fixtureLayer>[1]) => fixtureLayer(asLayerID(digestOf(name)), entries);

test('times after the epoch become it, all others stay', async (t) => {
  const made = layer('a', [
    entry.dir('d', at(101)),
    entry.file('d/f', 1, at(100, 1)),
    entry.symlink('s', 'd', at(100)),
    entry.whiteout('w'),
  ]);
  const clamped = await clampLayer(made, 100);
  t.deepEqual(
    await clamped.index(),
    await layer('b', [
      entry.dir('d', at(100)),
      entry.file('d/f', 1, at(100)),
      entry.symlink('s', 'd', at(100)),
      entry.whiteout('w'),
    ]).index(),
  );
  t.is(clamped.id, made.id);
});

test('a clamped layer finds its contents', async (t) => {
  const clamped = await clampLayer(layer('a', [entry.file('f', 3, at(101))]), 100);
  const [file] = await clamped.index();
  const content = await clamped.contents();
  t.deepEqual(file?.type === 'file' && content(file), file?.type === 'file' && fixtureContent(file));
});

test('a layer in which nothing changes is the same object', async (t) => {
  const old = layer('a', [entry.file('f', 1, at(100)), entry.whiteout('w')]);
  t.is(await clampLayer(old, 100), old);
  t.is(await clampLayer(layer('b', []), undefined).then(async (one) => (await one.index()).length), 0);
});

const build = (options?: Record<string, unknown>): BuildInfo => ({
  id: 'b',
  request: { source: { file: 'f', text: async () => '' }, options },
  platform: { os: 'linux', architecture: 'amd64' },
  emit: () => {},
});
const settles = test.macro({
  async exec(t, granularity: 'step' | 'stage', options: Record<string, unknown> | undefined, left: number) {
    const snapshotter = new LayerSnapshotter({ root: '/nowhere', layers: new DirectoryLayers(), granularity });
    const made = [layer('a', [entry.file('a', 1)]), layer('b', [entry.file('b', 1)])];
    t.is((await snapshotter.settle(made, build(options))).length, left);
  },
  title: (_, granularity, options) => `granularity "${granularity}" with ${JSON.stringify(options ?? {})} of the build`,
});
test(settles, 'step', undefined, 2);
test(settles, 'stage', undefined, 1);
test(settles, 'step', { layers: false }, 1);
test(settles, 'stage', { layers: true }, 2);

test('one layer for a stage has the same id whenever it stands for the same layers, and another for others', async (t) => {
  const snapshotter = new LayerSnapshotter({ root: '/nowhere', layers: new DirectoryLayers(), granularity: 'stage' });
  const made = [layer('a', []), layer('b', [])];
  const [one, again, other] = await Promise.all(
    [made, made, made.toReversed()].map(async (layers) => (await snapshotter.settle(layers, build()))[0]?.id),
  );
  t.is(one, again);
  t.not(one, other);
});

test('options say where they are wrong', (t) => {
  t.deepEqual(readOptions(undefined), { granularity: 'step' });
  t.deepEqual(readOptions({ granularity: 'stage' }), { granularity: 'stage' });
  t.throws(() => readOptions({ granularity: 'image' }), { code: 'OPTIONS_INVALID', message: /"step" or "stage".*"image"/ });
  t.throws(() => readOptions({ granularty: 'step' }), { code: 'OPTIONS_INVALID', message: /granularty/ });
  t.throws(() => readOptions('stage'), { code: 'OPTIONS_INVALID' });
});
