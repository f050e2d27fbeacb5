import { asLayerID, digestOf } from '@varve/core/image';
import { entry, fixtureContent, fixtureLayer } from '@varve/core/testing';
import test from 'ava';
import { clampLayer } from '../src/clamp.ts';

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
    [...(await clamped.index())],
    [
      ...(await layer('b', [
        entry.dir('d', at(100)),
        entry.file('d/f', 1, at(100)),
        entry.symlink('s', 'd', at(100)),
        entry.whiteout('w'),
      ]).index()),
    ],
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
