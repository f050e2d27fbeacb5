import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { compareEntries, type LayerIndex, MergedTree, scanDirectory, walk } from '../../archive/index.ts';
import { composeLayer, type Layer } from '../../image/index.ts';
import { setMtime } from '../../system/index.ts';
import { fixtureLayer } from '../layer-fixture.ts';
import type { SnapshotterClaim, StartBench } from '../snapshotter-contract.ts';
import { type Change, LOWER } from './changes.ts';
import { layerId, textsOf } from './snapshotter-bench.ts';

/** Before the tests run and after every time in the fixtures: what is changed now gets this time. */
const EPOCH = 1_500_000_000;

const lowerLayers = (): readonly Layer[] => LOWER.map((entries, number) => fixtureLayer(layerId(`lower ${number}`), entries));

/** One change on each driver: the same index, the expected one, and one that makes the same files when it is unpacked. */
export async function captureClaim(t: ExecutionContext, change: Change, starts: readonly StartBench[]): Promise<void> {
  let first: LayerIndex | undefined;
  for (const start of starts) {
    const bench = await start({ epoch: EPOCH });
    const below = lowerLayers();
    await using workspace = await bench.open(below);
    change.run(workspace.root);
    const draft = await bench.snapshots.capture(workspace, await MergedTree.of(below));
    t.deepEqual(
      [...draft.index].map(({ type, path }) => `${type} ${path}`),
      change.expected,
    );
    t.deepEqual([...draft.index], [...draft.index].sort(compareEntries));
    first ??= draft.index;
    t.deepEqual(draft.index, first);
    const layer = await bench.layers.put(composeLayer(layerId('captured'), draft.index, (file) => draft.content(file)));
    await using again = await bench.open([...below, layer]);
    t.deepEqual(files(await scanDirectory(again.root)), files(await scanDirectory(workspace.root)));
    const tree = await MergedTree.of([...below, layer]);
    t.deepEqual(
      [...walk(tree, '')].map(({ path }) => path).slice(1),
      (await scanDirectory(workspace.root)).map(({ path }) => path).slice(1),
    );
  }
}

/** What two directories can be compared by: a layer cannot say that a new name belongs to an old file, and the root's time is anybody's. */
function files(index: LayerIndex): readonly unknown[] {
  const nodes = new Map([...index].map((one) => [one.path, one]));
  return [...index].map((one) => {
    const node = one.type === 'hardlink' ? nodes.get(one.target) : one;
    return { ...node, path: one.path, ...(one.path === '' && { mtime: undefined }) };
  });
}

/** What a layer says and where its contents are. */
export function captureClaims(claim: SnapshotterClaim): void {
  claim('the contents of a committed layer are there when the workspace is gone', async (t, start) => {
    const bench = await start();
    const layer = await bench.step('one', [], (root) => writeFileSync(join(root, 'file'), 'text'));
    t.deepEqual(await textsOf(layer), { file: 'text' });
    t.is(await bench.layers.get(layer.id), layer);
  });

  claim('a driver that gives no directory has its layers stored', async (t, start) => {
    const bench = await start();
    const plain = bench.start({ directory: undefined as never });
    const layer = await bench.step('one', [], (root) => writeFileSync(join(root, 'file'), 'text'), plain);
    for await (const { id } of bench.driver.list()) await bench.driver.remove(id);
    t.deepEqual(await textsOf(layer), { file: 'text' });
    t.true(bench.events.some(({ type }) => type === 'layer-stored'));
  });

  claim('a step stands on what the step before has left', async (t, start) => {
    const bench = await start();
    const one = await bench.step('one', [], (root) => writeFileSync(join(root, 'a'), '1'));
    const two = await bench.step('two', [one], (root) => {
      writeFileSync(join(root, 'b'), '2');
      rmSync(join(root, 'a'));
    });
    t.deepEqual(
      [...(await two.index())].map(({ type, path }) => `${type} ${path}`),
      ['whiteout a', 'file b'],
    );
    await using workspace = await bench.open([one, two]);
    t.deepEqual(
      (await scanDirectory(workspace.root)).map(({ path }) => path),
      ['', 'b'],
    );
  });

  claim('of two builds with one step the first counts, and both have its layer', async (t, start) => {
    const bench = await start();
    const base = await bench.step('base', [], (root) => mkdirSync(join(root, 'd')));
    const write = (text: string) => (root: string) => {
      writeFileSync(join(root, 'd', text), text);
      setMtime(join(root, 'd', text), 1, 1);
      setMtime(join(root, 'd'), 1, 1);
    };
    const first = await bench.step('same', [base], write('first'));
    const second = await bench.step('same', [base], write('second'));
    t.deepEqual([...(await second.index())], [...(await first.index())]);
    t.deepEqual(await textsOf(second), { 'd/first': 'first' });
    t.deepEqual(await bench.leftovers(), []);
  });

  claim('with an epoch newer times become it, in the layer and in the files', async (t, start) => {
    const bench = await start({ epoch: EPOCH });
    const layer = await bench.step('one', [], (root) => {
      for (const name of ['new', 'old']) writeFileSync(join(root, name), '');
      setMtime(join(root, 'old'), EPOCH - 1, 999_999_999);
    });
    const times = [...(await layer.index())].map((one) => ('mtime' in one ? [one.path, one.mtime.seconds, one.mtime.nanoseconds] : []));
    t.deepEqual(times, [
      ['new', EPOCH, 0],
      ['old', EPOCH - 1, 999_999_999],
    ]);
    await using workspace = await bench.open([layer]);
    t.is(lstatSync(join(workspace.root, 'new')).mtimeMs, EPOCH * 1000);
  });

  claim('without an epoch times stay as they are', async (t, start) => {
    const bench = await start();
    const layer = await bench.step('one', [], (root) => {
      writeFileSync(join(root, 'f'), '');
      setMtime(join(root, 'f'), 4_000_000_000, 5);
    });
    t.like((await layer.index()).at(0), { mtime: { seconds: 4_000_000_000, nanoseconds: 5 } });
  });

  claim('a build that wants one layer for a stage gets one that says the same', async (t, start) => {
    const bench = await start();
    const one = await bench.step('one', [], (root) => {
      for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), name);
    });
    const two = await bench.step('two', [one], (root) => {
      rmSync(join(root, 'a'));
      writeFileSync(join(root, 'b'), 'new');
    });
    const request = { ...bench.build.request, options: { layers: false } };
    const settled = await bench.snapshotter.settle([one, two], { ...bench.build, request });
    t.is(settled.length, 1);
    const [layer] = settled as [Layer];
    t.deepEqual(
      [...(await layer.index())].map(({ type, path }) => `${type} ${path}`),
      ['whiteout a', 'file b', 'file c'],
    );
    t.deepEqual(await textsOf(layer), { b: 'new', c: 'c' });
    t.deepEqual(await bench.snapshotter.settle([one, two], bench.build), [one, two]);
  });
}
