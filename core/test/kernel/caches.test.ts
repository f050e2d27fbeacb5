import test from 'ava';
import type { CacheStart, CacheStore, Plan } from '../../src/index.ts';
import { CACHE_STORES } from '../../src/index.ts';
import { MemoryCache, MemoryLayers, memoryStores } from '../../testing/index.ts';
import { failureOf, kernelOf, oneBuild, plugin, stage, write } from './helpers.ts';
import { jsonFrontend, planSource, toySnapshots, writeSteps } from './toys.ts';

/** A kernel with a memory cache, whose layers may be another kernel's, and more caches behind it. */
function kernelWith({ layers = new MemoryLayers(), behind = [] as readonly CacheStore[] } = {}) {
  const near = new MemoryCache();
  const further = behind.map((cache, i) => plugin(`cache-${i}`, ({ contribute }) => contribute(CACHE_STORES, [], () => cache)));
  const kernel = kernelOf(jsonFrontend, writeSteps(), toySnapshots(), memoryStores({ layers, cache: near }), ...further);
  return { kernel, near, layers };
}

test('what a cache further away knows is known to the nearer ones from then on', async (t) => {
  const far = new MemoryCache();
  const { kernel, layers } = kernelWith({ behind: [far] });
  await kernel.build(oneBuild);
  const other = kernelWith({ layers, behind: [far] });
  t.is(other.near.records.size, 0);
  await other.kernel.build(oneBuild);
  t.deepEqual([...other.near.records.values()], [...far.records.values()]);
});

test('a record from elsewhere is what the step says, but for its layer and time', async (t) => {
  const far = new MemoryCache();
  const { kernel, near, layers } = kernelWith({ behind: [far] });
  await kernel.build(oneBuild);
  for (const { key, layer, createdAt } of [...far.records.values()])
    far.records.set(key, { key, layer, createdAt, parts: {}, parent: '', kind: '', title: '\u001b[2J' });
  const other = kernelWith({ layers, behind: [far] });
  await other.kernel.build(oneBuild);
  t.deepEqual([...other.near.records.values()], [...near.records.values()]);
});

/** Remembers what it is told of each build. */
class TellingCache extends MemoryCache implements CacheStore {
  readonly told: string[] = [];

  start({ build }: CacheStart): CacheStore {
    this.told.push(`start ${build.request.cacheTo?.length ?? 0}`);
    return {
      name: 'telling',
      get: (key) => this.get(key),
      put: (record) => this.put(record),
      used: ({ title }, layer) => void this.told.push(`${title} ${layer.id.length}`),
      finish: async (images) => void this.told.push(...images.map(({ layers }) => `finish ${layers.length}`)),
    };
  }
}

test('a cache is told of every step once, new or known, and of the image at the end', async (t) => {
  const cache = new TellingCache();
  const { kernel } = kernelWith({ behind: [cache] });
  const below = stage('one', write('a'));
  const on = (name: string) => ({ ...stage(name, write('b')), base: { kind: 'stage', name: 'one' } as const });
  const plan: Plan = { stages: [below, on('two'), { ...on('main'), base: { kind: 'stage', name: 'two' } }], target: 'main' };
  await kernel.build({ source: planSource(plan), cacheTo: [{ type: 'any', attributes: {} }] });
  const first = cache.told.splice(0);
  t.deepEqual(first, ['start 1', 'write a 71', 'write b 71', 'write b 71', 'finish 3']);
  await kernel.build({ source: planSource(plan) });
  t.deepEqual(cache.told, ['start 0', ...first.slice(1)]);
});

test('a cache that fails at the end fails the build, which has written its outputs', async (t) => {
  const cache = new TellingCache();
  const finish = async () => Promise.reject(new Error('no place'));
  cache.start = () => ({ name: 'full', get: async () => undefined, put: async () => undefined, finish });
  const { kernel, near } = kernelWith({ behind: [cache] });
  t.regex((await failureOf(() => kernel.build(oneBuild))).message, /no place/);
  t.is(near.records.size, 2);
});

test('where nobody imports or exports caches, asking for it fails before anything is done', async (t) => {
  const { kernel, near } = kernelWith();
  const any = [{ type: 'registry', attributes: { ref: 'a' } }];
  for (const wish of [{ cacheFrom: any }, { cacheTo: any }])
    t.is((await failureOf(() => kernel.build({ ...oneBuild, ...wish }))).code, 'CACHE_NONE');
  t.is(near.asked, 0);
});
