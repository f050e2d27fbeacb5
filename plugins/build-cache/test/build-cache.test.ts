import { type Image, parseManifest } from '@varve/core/image';
import test from 'ava';
import { CACHE_CONFIG_TYPE, CACHE_MEMBER } from '../src/cache-document.ts';
import { diffIdOf, imageOf, Machine, MemoryPlaces, registry, step, TIME } from './cache-bench.ts';

const [BELOW, ABOVE, BESIDE] = [step('below'), step('above'), step('beside')];
const PLACE = 'docker.io/acme/cache:latest';

/** A place with what a build of three steps wrote there; the third is of another stage. */
async function written(mode: string): Promise<MemoryPlaces> {
  const places = new MemoryPlaces();
  const { cache } = new Machine(places).start({ to: [registry('acme/cache', { mode })] });
  for (const { record, layer } of [BELOW, ABOVE, BESIDE]) cache.used?.(record, layer);
  await cache.finish?.([imageOf(BELOW.layer, ABOVE.layer)]);
  return places;
}
const at = (places: MemoryPlaces): Image => places.images.get(PLACE) as Image; // `written` wrote it

test('what a build came to is found on another machine, with the layer and its name', async (t) => {
  const places = await written('max');
  const machine = new Machine(places);
  const { cache } = machine.start({ from: [registry('acme/cache')] });
  for (const { record, layer } of [BELOW, ABOVE, BESIDE]) {
    const found = await cache.get(record.key);
    t.like(found, { key: record.key, layer: record.layer, createdAt: TIME });
    t.is(await (await machine.layers.get(record.layer))?.diffId(), await layer.diffId());
  }
  t.deepEqual(machine.warnings, []);
});

test('mode=min has the layers of the image', async (t) => {
  const { cache } = new Machine(await written('min')).start({ from: [registry('acme/cache')] });
  t.truthy(await cache.get(BELOW.record.key));
  t.is(await cache.get(BESIDE.record.key), undefined);
});

test('nothing is asked for before the first step, and only layers of what is found are fetched, once', async (t) => {
  const places = await written('max');
  const { cache } = new Machine(places).start({ from: [registry('acme/cache'), registry('acme/nowhere')] });
  await Promise.all([cache.get(ABOVE.record.key), cache.get(ABOVE.record.key)]);
  await cache.get(step('unknown').record.key);
  t.deepEqual(places.fetched, [await diffIdOf(ABOVE)]);
});

test('a layer that this machine has under its name is not fetched', async (t) => {
  const places = await written('max');
  const machine = new Machine(places);
  await machine.layers.put(ABOVE.layer);
  const { cache } = machine.start({ from: [registry('acme/cache')] });
  t.truthy(await cache.get(ABOVE.record.key));
  t.deepEqual(places.fetched, []);
});

test('what is missing is a miss and one warning, and the next is asked', async (t) => {
  const machine = new Machine(await written('max'));
  const { cache } = machine.start({ from: [registry('acme/nowhere'), registry('acme/cache')] });
  t.truthy(await cache.get(BELOW.record.key));
  t.truthy(await cache.get(ABOVE.record.key));
  t.deepEqual(machine.warnings, [
    'CACHE_IMPORT: importing cache manifest from acme/nowhere: failed to configure registry cache importer: acme/nowhere: not found',
  ]);
});

test('a layer that cannot be had is a miss and a warning; others are found', async (t) => {
  const places = await written('max');
  const lost = await diffIdOf(BELOW);
  places.spoil = (diffId) => {
    if (diffId === lost) throw new Error('lost\nand more');
  };
  const machine = new Machine(places);
  const { cache } = machine.start({ from: [registry('acme/cache')] });
  t.is(await cache.get(BELOW.record.key), undefined);
  t.truthy(await cache.get(ABOVE.record.key));
  t.deepEqual(machine.warnings, ['CACHE_IMPORT: importing a layer of the cache acme/cache: lost']);
});

test('a cache is an image manifest with a configuration of its own, and holds nothing that anybody wrote', async (t) => {
  const image = at(await written('max'));
  const manifest = parseManifest(await image.manifestBytes());
  t.is(manifest.kind === 'image' && manifest.config.mediaType, CACHE_CONFIG_TYPE);
  const text = Buffer.from(await image.configBytes()).toString();
  t.notRegex(text, /secret|RUN|command|below/);
  t.deepEqual(Object.keys(JSON.parse(text)), [CACHE_MEMBER, 'rootfs']);
});

test('equal layers of several steps are there once', async (t) => {
  const places = new MemoryPlaces();
  const { cache } = new Machine(places).start({ to: [registry('acme/cache', { mode: 'max' })] });
  cache.used?.(BELOW.record, BELOW.layer);
  cache.used?.({ ...ABOVE.record, layer: BELOW.record.layer }, BELOW.layer);
  await cache.finish?.([imageOf()]);
  t.is(at(places).layers.length, 1);
});

test('the same results are the same cache, in whatever order steps came to them', async (t) => {
  const digests = [];
  for (const steps of [
    [BELOW, ABOVE],
    [ABOVE, BELOW],
  ]) {
    const places = new MemoryPlaces();
    const { cache } = new Machine(places).start({ to: [registry('acme/cache')] });
    for (const { record, layer } of steps) cache.used?.(record, layer);
    await cache.finish?.([imageOf(BELOW.layer, ABOVE.layer)]);
    digests.push((await at(places).descriptor()).digest);
  }
  t.is(digests[0], digests[1]);
});

test('a step whose files are gone is left out, with a warning', async (t) => {
  const places = new MemoryPlaces();
  const machine = new Machine(places);
  const { cache } = machine.start({ to: [registry('acme/cache', { mode: 'max' })] });
  const gone = { ...BESIDE.layer, diffId: async () => Promise.reject(new Error('the file is gone')) };
  cache.used?.(BELOW.record, BELOW.layer);
  cache.used?.(BESIDE.record, gone);
  await cache.finish?.([imageOf(BELOW.layer)]);
  t.is(at(places).layers.length, 1);
  t.deepEqual(machine.warnings, ['CACHE_EXPORT: not in the exported cache: RUN beside: the file is gone']);
});

test('a cache of an image whose layers were merged is empty, which is said', async (t) => {
  const machine = new Machine(new MemoryPlaces());
  const { cache, mark } = machine.start({ to: [registry('acme/cache'), { type: 'inline', attributes: {} }] });
  cache.used?.(BELOW.record, BELOW.layer);
  await cache.finish?.([mark(imageOf(step('merged').layer))]);
  t.deepEqual(
    machine.warnings.map((warning) => warning.split(':', 2)[0]),
    ['CACHE_EMPTY', 'CACHE_EMPTY'],
  );
});

test('an image that is marked brings its records along, by the places of its layers', async (t) => {
  const places = new MemoryPlaces();
  const base = step('base').layer;
  const { cache, mark } = new Machine(places).start({ to: [{ type: 'inline', attributes: {} }] });
  for (const { record, layer } of [BELOW, ABOVE, BESIDE]) cache.used?.(record, layer);
  const marked = mark(imageOf(base, BELOW.layer, ABOVE.layer));
  await cache.finish?.([marked]);
  t.deepEqual([...places.images], []);
  places.images.set(PLACE, marked);
  const machine = new Machine(places);
  const other = machine.start({ from: [registry('acme/cache')] }).cache;
  t.truthy(await other.get(ABOVE.record.key));
  t.is(await (await machine.layers.get(ABOVE.record.layer))?.diffId(), await diffIdOf(ABOVE));
  t.is(await other.get(BESIDE.record.key), undefined);
});

test('an image is not marked unless that is asked for', (t) => {
  const image = imageOf(BELOW.layer);
  t.is(new Machine(new MemoryPlaces()).start({ to: [registry('acme/cache')] }).mark(image), image);
});

test('an image that brings no cache is a miss with a warning', async (t) => {
  const places = new MemoryPlaces();
  places.images.set(PLACE, imageOf(BELOW.layer));
  const machine = new Machine(places);
  t.is(await machine.start({ from: [registry('acme/cache')] }).cache.get(BELOW.record.key), undefined);
  t.regex(machine.warnings.join('\n'), /an image that brings no build cache$/);
});
