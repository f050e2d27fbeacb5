import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asLayerID, digestOf, type Layer } from '@varve/core/image';
import { entry, fixtureLayer, startProcess, temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { LocalStore } from '../src/local-store.ts';
import { ownerName } from '../src/owner.ts';

/** Stores one image after the other, of layers that other writers store too, and removes every other one. */
const WRITER = `
  import { LocalStore } from ${JSON.stringify(new URL('../src/local-store.ts', import.meta.url).href)};
  import { asLayerID, digestOf, makeImage } from '@varve/core/image';
  import { entry, fixtureLayer } from '@varve/core/testing';
  import { writeFileSync } from 'node:fs';
  const [root, seed] = process.argv.slice(1);
  process.on('uncaughtException', (failure) => writeFileSync(root + '/failed', failure.stack));
  const store = new LocalStore(root);
  const layer = (name) => fixtureLayer(asLayerID(digestOf(name)), [entry.file(name, 600_000)]);
  for (let i = 0; ; i++) {
    const layers = [layer('shared-' + (i % 3)), layer(seed + '-' + i)];
    const config = { os: 'linux', architecture: 'amd64', config: {}, history: [] };
    const record = await store.images.put(makeImage({ config, layers }), { names: ['app:' + seed, 'app:latest'] });
    if (i === 0) console.log('ready');
    if (i % 2 === 1) await store.images.remove(record);
  }
`;

test('writers that are killed at any moment leave whole images and nothing half-done', async (t) => {
  const root = temporaryDir(t);
  for (let round = 0; round < 3; round++) {
    const writers = await Promise.all(['a', 'b', 'c'].map((name) => startProcess(WRITER, [root, `${name}${round}`])));
    for (const writer of writers) {
      await sleep(Math.random() * 60);
      await writer.kill();
    }
  }
  t.false(existsSync(join(root, 'failed')));
  await using store = new LocalStore(root);
  const images = await store.images.list();
  t.true(images.length >= 3, `${images.length} images`);
  for (const record of images) for (const layer of (await store.images.open(record)).layers) t.true(await isWhole(layer));
  for await (const { digest } of store.content.list()) await t.notThrowsAsync(store.content.readAll(digest));
  for (const { id, names } of images) for (const name of names) t.is((await store.images.find(name))?.id, id);
  await store.content.write(Buffer.from('the first write sweeps'));
  t.deepEqual(readdirSync(join(root, 'tmp')), []);
});

async function isWhole(layer: Layer): Promise<boolean> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of layer.tar()) chunks.push(chunk);
  return digestOf(Buffer.concat(chunks)) === (await layer.diffId()) && (await layer.index()).length === 1;
}

test('several processes work on one store at once', async (t) => {
  const root = temporaryDir(t);
  const writers = await Promise.all(['a', 'b'].map((name) => startProcess(WRITER, [root, name])));
  await using store = new LocalStore(root);
  for (let i = 0; i < 20; i++) {
    await store.layers.put(fixtureLayer(asLayerID(digestOf(`mine ${i}`)), [entry.file(`mine-${i}`, 1000)]));
    for (const record of await store.images.list()) t.truthy(record.id);
  }
  for (const writer of writers) await writer.kill();
  t.false(existsSync(join(root, 'failed')));
  t.not(await store.layers.get(asLayerID(digestOf('mine 19'))), undefined);
});

const [boot, namespace, , started] = ownerName().split('.');
const files = [
  ['of a process that runs', ownerName(), 'stays'],
  ['of a process that ended', `${boot}.${namespace}.4194300.${started}`, 'goes'],
  ['of a process whose number is another one by now', `${boot}.${namespace}.${process.pid}.1`, 'goes'],
  ['from before the machine started', `00000000.${namespace}.${process.pid}.${started}`, 'goes'],
  ['of another PID namespace', `${boot}.1.4194300.${started}`, 'stays'],
] as const;
for (const [whose, name, what] of files)
  test(`a temporary file ${whose} ${what}`, async (t) => {
    const root = temporaryDir(t);
    await leave(root, `${name}-0123456789ab`);
    t.is(await sweep(root), what === 'stays' ? 1 : 0);
  });

for (const name of [`${boot}.1.4194300.${started}-0123456789ab`, 'whatever'])
  test(`a temporary file ${name.slice(9)} of nobody who can be asked goes after a day`, async (t) => {
    const root = temporaryDir(t);
    await leave(root, name);
    t.is(await sweep(root), 1);
    utimesSync(join(root, 'tmp', name), 0, 0);
    t.is(await sweep(root), 0);
  });

async function leave(root: string, name: string): Promise<void> {
  await sweep(root);
  writeFileSync(join(root, 'tmp', name), 'half');
}

/** What the next process that writes leaves in `tmp`. */
async function sweep(root: string): Promise<number> {
  await using store = new LocalStore(root);
  await store.state.remember('swept', `${Math.random()}`);
  return readdirSync(join(root, 'tmp')).length;
}
