import type { ExecutionContext, TestFn } from 'ava';
import { asCacheKey, asLayerID, digestOf, type Image, type Layer, makeImage } from '../image/index.ts';
import type { BuildEventBody, BuildInfo, CacheRecord, CacheRequest, CacheStart, CacheStore, LayerStore } from '../src/index.ts';
import { type HostNeed, whyMissing } from './host-needs.ts';
import { entry, fixtureLayer } from './layer-fixture.ts';
import { temporaryDir } from './temporary-dir.ts';

/** A machine with an empty store. */
export interface OpenSharedCache {
  /** With `start`: a cache that lies elsewhere. */
  readonly cache: CacheStore;
  readonly layers: LayerStore;
  readonly host: CacheStart['host'];
}

export interface SharedCacheSuite {
  /** In the titles of the tests. */
  readonly name: string;
  readonly needs?: readonly HostNeed[];
  open(t: ExecutionContext, dir: string): Promise<OpenSharedCache>;
  /** A place that nobody has used, as a build is told to write what all its steps came to, and to ask there. */
  place(t: ExecutionContext, dir: string): Promise<{ readonly to: CacheRequest; readonly from: CacheRequest }>;
}

interface Done {
  readonly record: CacheRecord;
  readonly layer: Layer;
}
const TIME = '2026-01-02T03:04:05.678Z';

function done(name: string): Done {
  const layer = fixtureLayer(asLayerID(digestOf(`layer of ${name}`)), [entry.dir('etc'), entry.file(`etc/${name}`, 3000)]);
  const key = asCacheKey(digestOf(`key of ${name}`));
  return { layer, record: { key, parts: { command: name }, parent: 'below', kind: 'run', title: name, layer: layer.id, createdAt: TIME } };
}
const imageOf = (steps: readonly Done[]): Image =>
  makeImage({
    config: { os: 'linux', architecture: 'amd64', created: TIME, config: {}, history: [] },
    layers: steps.map(({ layer }) => layer),
  });

interface Wishes {
  readonly cacheFrom?: readonly CacheRequest[];
  readonly cacheTo?: readonly CacheRequest[];
  readonly signal?: AbortSignal;
}

/** One build on one machine. */
function begin(
  { cache, host }: OpenSharedCache,
  { signal, ...wishes }: Wishes,
): { readonly cache: CacheStore; readonly warnings: string[] } {
  const warnings: string[] = [];
  const emit = (event: BuildEventBody) => void (event.type === 'warning' && warnings.push(event.message));
  const request = { source: { file: 'test', text: async () => '' }, ...wishes };
  const build: BuildInfo = { id: digestOf(String(Math.random())), request, platform: { os: 'linux', architecture: 'amd64' }, emit, signal };
  return { cache: cache.start?.({ build, host }) ?? cache, warnings };
}

/** Tests every promise of a `CacheStore` with `start`: what one machine's builds came to is found on another. */
export function sharedCacheContract(test: TestFn, suite: SharedCacheSuite): void {
  const claim = (title: string, body: (t: ExecutionContext) => Promise<void>): void => {
    const missing = whyMissing(suite.needs ?? []);
    if (missing !== undefined) test.skip(`${suite.name}: ${title} (skipped: ${missing})`, (t) => t.pass());
    else test(`${suite.name}: ${title}`, body);
  };
  const write = async (t: ExecutionContext, to: CacheRequest, steps: readonly Done[]): Promise<void> => {
    const { cache } = begin(await suite.open(t, temporaryDir(t)), { cacheTo: [to] });
    for (const { record, layer } of steps) cache.used?.(record, layer);
    await cache.finish?.([imageOf(steps)]);
  };
  const steps = [done('a'), done('b')];

  claim('what a build came to is found on another machine, with the layer and the name that later keys have', async (t) => {
    const { to, from } = await suite.place(t, temporaryDir(t));
    await write(t, to, steps);
    const machine = await suite.open(t, temporaryDir(t));
    const { cache } = begin(machine, { cacheFrom: [from] });
    for (const { record, layer } of steps) {
      t.like(await cache.get(record.key), { key: record.key, layer: record.layer, createdAt: TIME });
      const found = await machine.layers.get(record.layer);
      t.is(found?.id, layer.id);
      t.is(await found?.diffId(), await layer.diffId());
      t.deepEqual(
        [...((await found?.index()) ?? [])].map(({ path }) => path),
        [...(await layer.index())].map(({ path }) => path),
      );
    }
  });

  claim('what nobody wrote is not found', async (t) => {
    const { to, from } = await suite.place(t, temporaryDir(t));
    await write(t, to, steps);
    const { cache, warnings } = begin(await suite.open(t, temporaryDir(t)), { cacheFrom: [from] });
    t.is(await cache.get(done('c').record.key), undefined);
    t.deepEqual(warnings, []);
  });

  claim('nothing is there before the image is made', async (t) => {
    const { to, from } = await suite.place(t, temporaryDir(t));
    const { cache } = begin(await suite.open(t, temporaryDir(t)), { cacheTo: [to] });
    for (const { record, layer } of steps) {
      await cache.put(record);
      cache.used?.(record, layer);
    }
    const other = begin(await suite.open(t, temporaryDir(t)), { cacheFrom: [from] }).cache;
    for (const { record } of steps) t.is(await other.get(record.key), undefined);
  });

  claim('a place where nothing is, is a miss with one warning', async (t) => {
    const { from } = await suite.place(t, temporaryDir(t));
    const { cache, warnings } = begin(await suite.open(t, temporaryDir(t)), { cacheFrom: [from] });
    for (const { record } of steps) t.is(await cache.get(record.key), undefined);
    t.is(warnings.length, 1);
  });

  claim('places are asked in order', async (t) => {
    const [first, second] = [await suite.place(t, temporaryDir(t)), await suite.place(t, temporaryDir(t))];
    const [a, b] = steps as [Done, Done]; // as above
    const newer = { ...a, record: { ...a.record, createdAt: '2027-01-02T03:04:05Z' } };
    await write(t, first.to, [a]);
    await write(t, second.to, [newer, b]);
    const { cache } = begin(await suite.open(t, temporaryDir(t)), { cacheFrom: [first.from, second.from] });
    t.is((await cache.get(a.record.key))?.createdAt, TIME);
    t.truthy(await cache.get(b.record.key));
  });

  claim('what is written again is what is found', async (t) => {
    const { to, from } = await suite.place(t, temporaryDir(t));
    await write(t, to, steps);
    const [a] = steps as [Done];
    const again = { layer: done('other').layer, record: { ...a.record, layer: done('other').layer.id } };
    await write(t, to, [again]);
    const { cache } = begin(await suite.open(t, temporaryDir(t)), { cacheFrom: [from] });
    t.is((await cache.get(a.record.key))?.layer, again.layer.id);
  });

  claim('what a step wrote into its record is for this machine alone', async (t) => {
    const { to, from } = await suite.place(t, temporaryDir(t));
    await write(t, to, steps);
    const { cache } = begin(await suite.open(t, temporaryDir(t)), { cacheFrom: [from] });
    for (const { record } of steps) t.deepEqual((await cache.get(record.key))?.parts, {});
  });

  claim('an aborted build asks no more', async (t) => {
    const { to, from } = await suite.place(t, temporaryDir(t));
    await write(t, to, steps);
    const [a] = steps as [Done];
    const { cache } = begin(await suite.open(t, temporaryDir(t)), { cacheFrom: [from], signal: AbortSignal.abort(new Error('enough')) });
    await t.throwsAsync(cache.get(a.record.key));
  });
}
