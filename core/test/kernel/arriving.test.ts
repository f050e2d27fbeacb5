import test from 'ava';
import type { CacheKey, Image, Layer } from '../../image/index.ts';
import { CACHE_STORES, type CacheStore, type FoundRecord, type Plan } from '../../src/index.ts';
import { MemoryCache, MemoryLayers, memoryStores } from '../../testing/index.ts';
import { kernelOf, onePlan, plugin, stage, write } from './helpers.ts';
import { jsonFrontend, planSource, toySnapshots, WriteHandler, writeSteps } from './toys.ts';

/** A cache elsewhere, and how its layers come. */
class FarCache extends MemoryCache implements CacheStore {
  readonly from = new MemoryLayers();
  readonly to = new MemoryLayers();
  readonly log: string[] = [];
  bring: (layer: Layer) => Promise<boolean> = async () => true;

  override async get(key: CacheKey) {
    const found = await this.find(key);
    this.log.push('waited for');
    return found !== undefined && (await found.bringing) ? super.get(key) : undefined;
  }

  async find(key: CacheKey): Promise<FoundRecord | undefined> {
    const record = await super.get(key);
    const layer = record && (await this.from.get(record.layer));
    if (record === undefined || layer === undefined) return undefined;
    return { ...record, bringing: this.#bring(layer) };
  }

  async #bring(layer: Layer): Promise<boolean> {
    this.log.push('asked for');
    if (!(await this.bring(layer))) return false;
    await this.to.put(layer);
    return true;
  }
}

/** A machine that has built the plan, and another one, with nothing, that knows the first one's cache. */
async function machines(plan: Plan) {
  const far = new FarCache();
  const kernel = (layers: MemoryLayers, near: MemoryCache, handler: WriteHandler) => {
    const cache = plugin('far', ({ contribute }) => contribute(CACHE_STORES, [], () => far));
    return kernelOf(jsonFrontend, writeSteps(handler), toySnapshots(), memoryStores({ layers, cache: near }), cache);
  };
  const source = planSource(plan);
  await using first = kernel(far.from, new MemoryCache(), new WriteHandler());
  const { image: made } = await first.build({ source });
  const [near, handler] = [new MemoryCache(), new WriteHandler()];
  const other = kernel(far.to, near, handler);
  return { far, near, handler, made, build: async () => (await other.build({ source })).image };
}

/** What was done anew is from another time. */
const diffIdsOf = (image: Image | undefined) => Promise.all((image?.layers ?? []).map((layer) => layer.diffId()));

test('layers of one stage that a cache brings come beside each other', async (t) => {
  const { far, build, handler, made } = await machines(onePlan);
  const all = Promise.withResolvers<boolean>();
  far.bring = async () => {
    if (far.log.filter((one) => one === 'asked for').length === 2) all.resolve(true);
    return await all.promise; // none comes before both are asked for
  };
  const image = await build();
  t.is(await image?.id(), await made?.id());
  t.is(handler.executed, 0);
  t.deepEqual(far.log, ['asked for', 'asked for']);
});

test('a cache that is nearer knows of a layer once that is here', async (t) => {
  const { far, near, build } = await machines(onePlan);
  far.bring = async ({ id }) => {
    t.false([...near.records.values()].some(({ layer }) => layer === id));
    return true;
  };
  await build();
  t.is(near.records.size, 2);
});

for (const lost of ['a', 'b'])
  test(`where layer ${lost} does not come after all, its step is done, and what came counts`, async (t) => {
    const { far, build, handler, made } = await machines(onePlan);
    far.bring = async (layer) => (await layer.index()).values().every(({ path }) => path !== lost);
    const image = await build();
    t.deepEqual(await diffIdsOf(image), await diffIdsOf(made));
    t.is(handler.executed, 1);
  });

test('a step that is not in the cache begins when all below it is here', async (t) => {
  const { far, build, handler, made } = await machines({ stages: [stage('main', write('a'), write('b'), write('c'))], target: 'main' });
  const [third] = [...far.records.values()].filter(({ title }) => title === 'write c');
  far.records.delete(third?.key as CacheKey);
  const here: number[] = [];
  far.bring = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    here.push(handler.executed);
    return true;
  };
  t.deepEqual(await diffIdsOf(await build()), await diffIdsOf(made));
  t.deepEqual([here, handler.executed], [[0, 0], 1]);
});

test('stages that build on what a cache brings get it whole', async (t) => {
  const plan: Plan = {
    stages: [stage('one', write('a'), write('b')), { ...stage('main', write('c')), base: { kind: 'stage', name: 'one' } }],
    target: 'main',
  };
  const { build, handler, made } = await machines(plan);
  t.is(await (await build())?.id(), await made?.id());
  t.is(handler.executed, 0);
});

test('a build that is stopped waits for no layer', async (t) => {
  const { far, build } = await machines(onePlan);
  far.bring = async () => {
    throw new Error('stopped');
  };
  await t.throwsAsync(build(), { message: /stopped/ });
});
