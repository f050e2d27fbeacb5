import type { BuildInfo } from '@varve/core';
import { asLayerID, digestOf } from '@varve/core/image';
import { DirectoryLayers, entry, fixtureLayer } from '@varve/core/testing';
import test from 'ava';
import { LayerSnapshotter } from '../src/index.ts';

const layer = (name: string, entries: Parameters<typeof fixtureLayer>[1]) => fixtureLayer(asLayerID(digestOf(name)), entries);
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
