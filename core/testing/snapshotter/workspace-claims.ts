import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MergedTree, readContent } from '../../archive/index.ts';
import { asSnapshotKey, type ChainID, composeLayer, type Layer } from '../../image/index.ts';
import { entry, fixtureLayer } from '../layer-fixture.ts';
import type { SnapshotterClaim } from '../snapshotter-contract.ts';
import { layerId, nameOn } from './snapshotter-bench.ts';

const base = (name = 'base'): Layer => fixtureLayer(layerId(name), [entry.dir('d'), entry.file('d/f', 3)]);

/** From `open` to `commit` or disposal, and what is left. */
export function workspaceClaims(claim: SnapshotterClaim): void {
  claim('a workspace shows the layers that it stands on', async (t, start) => {
    const bench = await start();
    await using workspace = await bench.open([base()]);
    t.is(readFileSync(join(workspace.root, 'd/f'), 'utf8'), 'd/f');
  });

  claim('a view shows what was committed, to several at once, and leaves nothing', async (t, start) => {
    const bench = await start();
    const chain = (await bench.snapshots.unpack([base()])) as ChainID;
    const views = await Promise.all([bench.snapshots.view?.(chain), bench.snapshots.view?.(chain)]);
    for (const view of views) if (view !== undefined) t.is(readFileSync(join(view.root, 'd/f'), 'utf8'), 'd/f');
    for (const view of views) await view?.[Symbol.asyncDispose]();
    t.deepEqual(await bench.leftovers(), []);
    t.deepEqual(count(bench.events, 'mounted'), count(bench.events, 'unmounted'));
    await using next = await bench.open([base()]);
    t.true(existsSync(join(next.root, 'd/f')));
  });

  claim('a workspace that is not committed leaves nothing', async (t, start) => {
    const bench = await start();
    const workspace = await bench.open([base()]);
    writeFileSync(join(workspace.root, 'new'), '');
    await workspace[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
    t.deepEqual(await bench.leftovers(), []);
    await using next = await bench.open([base()]);
    t.false(existsSync(join(next.root, 'new')));
  });

  claim('a committed workspace leaves its snapshot and nothing else', async (t, start) => {
    const bench = await start();
    const layer = await bench.step('one', [base()], (root) => writeFileSync(join(root, 'new'), ''));
    t.is((await bench.driver.stat(nameOn([base()], layer)))?.kind, 'committed');
    t.deepEqual(await bench.leftovers(), []);
    t.deepEqual(count(bench.events, 'mounted'), count(bench.events, 'unmounted'));
    t.is(count(bench.events, 'snapshot-opened'), 1);
    t.is(count(bench.events, 'snapshot-committed'), 1);
  });

  claim('a kept snapshot is shown again and again, captured meanwhile, and stays until the driver removes it', async (t, start) => {
    const bench = await start();
    const kept = await bench.snapshots.keep(asSnapshotKey('kept'), await bench.snapshots.unpack([base()]));
    for (const name of ['one', 'two']) {
      await using workspace = await bench.start().show(kept);
      writeFileSync(join(workspace.root, name), name);
    }
    const lower = await MergedTree.of([base()]);
    const capture = async () => {
      const { index, content } = await bench.start().capture(kept, lower);
      return [...index].flatMap((file) => (file.type === 'file' ? [`${file.path}=${readContent(content(file)).toString()}`] : []));
    };
    t.deepEqual(await capture(), ['one=one', 'two=two']);
    const shown = await bench.snapshots.show(kept);
    writeFileSync(join(shown.root, 'two'), 'changed');
    t.deepEqual(await capture(), ['one=one', 'two=changed']);
    await shown[Symbol.asyncDispose]();
    t.deepEqual(await bench.leftovers(), [kept.key]);
    await bench.driver.remove(kept.key);
    t.deepEqual(await bench.leftovers(), []);
  });

  claim('an unknown parent is refused, and nothing is left', async (t, start) => {
    const bench = await start();
    await t.throwsAsync(bench.snapshots.open(layerId('nothing') as unknown as ChainID), { code: 'STORAGE_NOT_FOUND' });
    t.deepEqual(await bench.leftovers(), []);
  });

  claim('a build that was aborted opens, captures and commits no more', async (t, start) => {
    const bench = await start();
    const reason = new Error('enough');
    const aborted = { signal: AbortSignal.abort(reason) };
    t.is(await t.throwsAsync(bench.open([], aborted)), reason);
    {
      await using workspace = await bench.open([base()]);
      writeFileSync(join(workspace.root, 'f'), '');
      const lower = await MergedTree.of([base()]);
      t.is(await t.throwsAsync(bench.snapshots.capture(workspace, lower, aborted)), reason);
      const { index, content } = await bench.snapshots.capture(workspace, lower);
      const layer = composeLayer(layerId('one'), index, content);
      t.is(await t.throwsAsync(bench.snapshots.commit(workspace, layer, nameOn([base()], layer), aborted)), reason);
    }
    t.deepEqual(await bench.leftovers(), []);
  });

  claim('an aborted unpacking leaves nothing half-done', async (t, start) => {
    const bench = await start();
    const abort = new AbortController();
    const reason = new Error('enough');
    const layer: Layer = {
      ...base(),
      contents: async () => {
        abort.abort(reason);
        return await base().contents();
      },
    };
    t.is(await t.throwsAsync(bench.snapshots.unpack([layer], abort)), reason);
    t.deepEqual(await bench.leftovers(), []);
    t.is(await bench.driver.stat(nameOn([], layer)), undefined);
  });

  claim('a layer that cannot be read is told, and nothing is left', async (t, start) => {
    const bench = await start();
    const broken: Layer = {
      ...base(),
      contents: async () => () => {
        throw new Error('unreadable');
      },
    };
    await t.throwsAsync(bench.snapshots.unpack([base('below'), broken]), { message: 'unreadable' });
    t.deepEqual(await bench.leftovers(), []);
    t.is((await bench.driver.stat(nameOn([], base('below'))))?.kind, 'committed');
  });

  claim('layers are unpacked once, in order, and named by their chain', async (t, start) => {
    const bench = await start();
    const layers = [base('a'), base('b'), base('c')];
    const chain = await bench.snapshots.unpack(layers);
    t.is(chain, nameOn(layers.slice(0, 2), base('c')));
    t.deepEqual(unpacked(bench.events), ['a', 'b', 'c'].map(layerId));
    t.is(await bench.snapshots.unpack(layers), chain);
    t.is(await bench.snapshots.unpack([]), null);
    t.is(unpacked(bench.events).length, 3);
  });

  claim('many small layers show what the topmost leave, and each is told', async (t, start) => {
    const bench = await start();
    const made = Array.from({ length: 12 }, (_, i) => fixtureLayer(layerId(`made ${i}`), [entry.dir('d'), entry.file(`d/${i}`, i)]));
    const changes = [
      [entry.whiteout('d/1')],
      [entry.file('d/2', 200)],
      [entry.whiteout('d/3'), entry.dir('e'), entry.file('e/f', 1)],
      [entry.opaque('e'), entry.file('e/g', 1), entry.link('e/h', 'e/g')],
      [entry.dir('d/4'), entry.file('d/4/below', 4)],
    ].map((entries, i) => fixtureLayer(layerId(`changed ${i}`), entries));
    const layers = [base(), ...made, ...changes];
    await using workspace = await bench.open(layers);
    const files = ['d/0', 'd/10', 'd/11', 'd/2', 'd/4', 'd/5', 'd/6', 'd/7', 'd/8', 'd/9', 'd/f', 'e/g', 'e/h'];
    t.deepEqual(
      ['d', 'e'].flatMap((dir) => readdirSync(join(workspace.root, dir), { encoding: 'utf8' }).map((name) => `${dir}/${name}`)).sort(),
      files,
    );
    t.is(readFileSync(join(workspace.root, 'd/2'), 'utf8').length, 200);
    t.is(readFileSync(join(workspace.root, 'd/4/below'), 'utf8'), 'd/4/');
    t.is(statSync(join(workspace.root, 'e/h')).nlink, 2);
    t.deepEqual(
      unpacked(bench.events),
      layers.map(({ id }) => id),
    );
    writeFileSync(join(workspace.root, 'd/5'), '');
    const draft = await bench.snapshots.capture(workspace, await MergedTree.of(layers));
    t.deepEqual(
      [...draft.index].map(({ path }) => path),
      ['d', 'd/5'],
    );
  });

  claim('some of many small layers may have others on them', async (t, start) => {
    const bench = await start();
    const layers = Array.from({ length: 12 }, (_, i) => fixtureLayer(layerId(`made ${i}`), [entry.file(`${i}`, i)]));
    await bench.snapshots.unpack(layers);
    await using workspace = await bench.open([
      ...layers.slice(0, 9),
      fixtureLayer(layerId('other'), [entry.whiteout('1'), entry.file('x', 1)]),
    ]);
    t.deepEqual(readdirSync(workspace.root).sort(), ['0', '2', '3', '4', '5', '6', '7', '8', 'x']);
  });

  claim('several builds may want the same layers at once', async (t, start) => {
    const bench = await start();
    const layers = [base('a'), base('b')];
    const builds = [bench.snapshots, bench.start(), bench.start()];
    const chains = await Promise.all(builds.map((build) => build.unpack(layers)));
    t.is(new Set(chains).size, 1);
    t.deepEqual(unpacked(bench.events), ['a', 'b'].map(layerId));
    t.deepEqual(await bench.leftovers(), []);
  });

  claim('a build that stops does not stop another that waits for the same layer', async (t, start) => {
    const bench = await start();
    const abort = new AbortController();
    const slow = Promise.withResolvers<void>();
    const layer: Layer = {
      ...base(),
      contents: async (options) => {
        if (options?.signal === abort.signal) await slow.promise;
        options?.signal?.throwIfAborted();
        return await base().contents();
      },
    };
    const first = bench.snapshots.unpack([layer], abort);
    const second = bench.start().unpack([layer]);
    abort.abort(new Error('enough'));
    slow.resolve();
    await t.throwsAsync(first, { message: 'enough' });
    t.is(await second, nameOn([], layer));
  });

  claim('several workspaces may be open at once', async (t, start) => {
    const bench = await start();
    await using one = await bench.open([base()]);
    await using two = await bench.open([base()]);
    writeFileSync(join(one.root, 'only-here'), '');
    t.false(existsSync(join(two.root, 'only-here')));
  });
}

const count = (events: readonly { readonly type: string }[], type: string): number => events.filter((event) => event.type === type).length;
const unpacked = (events: readonly { readonly type: string; readonly layer?: string }[]): readonly (string | undefined)[] =>
  events.flatMap((event) => (event.type === 'layer-unpacked' ? [event.layer] : []));
