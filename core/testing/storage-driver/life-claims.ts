import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainID } from '../../image/index.ts';
import { entry } from '../layer-fixture.ts';
import type { Claim } from '../storage-driver-contract.ts';
import { chain, exists, key } from './driver-bench.ts';

/** From `prepare` to `commit` or `remove`: names, kinds, parents. */
export function lifeClaims(claim: Claim): void {
  claim('a snapshot on nothing is an empty directory with mode 0755', async (t, bench) => {
    await using view = await bench.show(await bench.driver.prepare(key('a'), null));
    t.deepEqual([readdirSync(view.root), lstatSync(view.root).mode & 0o7777], [[], 0o755]);
  });

  claim('what was written is there in a snapshot on top', async (t, bench) => {
    await bench.driver.commit(await bench.change('a', null, (root) => writeFileSync(join(root, 'file'), 'text')), chain('one'));
    t.deepEqual(await bench.paths('one'), ['file']);
  });

  claim('changes stay in the snapshot they were made in', async (t, bench) => {
    await bench.layer('base', null, [entry.file('kept', 3), entry.file('gone', 3)]);
    await bench.change('a', 'base', (root) => {
      writeFileSync(join(root, 'new'), '');
      rmSync(join(root, 'gone'));
    });
    t.deepEqual(await bench.paths('base'), ['gone', 'kept']);
  });

  claim('two snapshots on one parent do not see each other', async (t, bench) => {
    await bench.layer('base', null, []);
    await using one = await bench.show(await bench.driver.prepare(key('a'), chain('base')));
    await using other = await bench.show(await bench.driver.prepare(key('b'), chain('base')));
    writeFileSync(join(one.root, 'file'), '');
    t.false(exists(other.root, 'file'));
  });

  claim('a key is taken until its snapshot is committed or removed', async (t, bench) => {
    await bench.layer('base', null, []);
    await bench.driver.prepare(key('a'), null);
    await t.throwsAsync(async () => await bench.driver.prepare(key('a'), null), { code: 'STORAGE_EXISTS' });
    await t.throwsAsync(async () => await bench.driver.view(key('a'), chain('base')), { code: 'STORAGE_EXISTS' });
    await bench.driver.remove(key('a'));
    await bench.driver.prepare(key('a'), null);
    await bench.driver.commit(key('a'), chain('one'));
    await t.notThrowsAsync(async () => await bench.driver.prepare(key('a'), null));
  });

  claim('an unknown parent is refused, and the key stays free', async (t, bench) => {
    await t.throwsAsync(async () => await bench.driver.prepare(key('a'), chain('none')), { code: 'STORAGE_NOT_FOUND' });
    await t.throwsAsync(async () => await bench.driver.view(key('a'), chain('none')), { code: 'STORAGE_NOT_FOUND' });
    t.is(await bench.driver.stat(key('a')), undefined);
  });

  claim('preparing that is aborted leaves the key free', async (t, bench) => {
    await bench.layer('base', null, [entry.file('f', 1)]);
    const reason = new Error('enough');
    const aborted = { signal: AbortSignal.abort(reason) };
    t.is(await t.throwsAsync(async () => await bench.driver.prepare(key('a'), chain('base'), aborted)), reason);
    t.is(await bench.driver.stat(key('a')), undefined);
  });

  claim('an active snapshot cannot be a parent', async (t, bench) => {
    await bench.driver.prepare(key('a'), null);
    const asParent = key('a') as unknown as ChainID; // the mistake that the two types should prevent
    await t.throwsAsync(async () => await bench.driver.prepare(key('b'), asParent), { code: 'STORAGE_NOT_FOUND' });
  });

  claim('commit ends the key and makes the name', async (t, bench) => {
    await bench.layer('base', null, []);
    await bench.driver.prepare(key('a'), chain('base'));
    await bench.driver.commit(key('a'), chain('one'));
    t.is(await bench.driver.stat(key('a')), undefined);
    t.deepEqual(await bench.driver.stat(chain('one')), { id: chain('one'), kind: 'committed', parent: chain('base') });
  });

  claim('only an active snapshot can be committed', async (t, bench) => {
    await bench.layer('base', null, []);
    await bench.driver.view(key('v'), chain('base'));
    for (const name of ['none', 'v'])
      await t.throwsAsync(async () => await bench.driver.commit(key(name), chain('one')), { code: 'STORAGE_NOT_FOUND' });
    t.is(await bench.driver.stat(chain('one')), undefined);
  });

  claim('a name that is committed already stays as it is', async (t, bench) => {
    await bench.layer('one', null, [entry.file('first', 1)]);
    await bench.layer('one', null, [entry.file('second', 1)]);
    t.deepEqual(await bench.paths('one'), ['first']);
    t.deepEqual(await bench.list(), [{ id: chain('one'), kind: 'committed', parent: null }]);
  });

  claim('a removed snapshot is gone, and may be removed again', async (t, bench) => {
    await bench.layer('one', null, [entry.dir('d', { mode: 0o555 }), entry.file('d/f', 1, { mode: 0 })]);
    await bench.driver.prepare(key('a'), null);
    for (const id of [chain('one'), key('a'), chain('one'), key('a'), key('never')]) await bench.driver.remove(id);
    t.deepEqual(await bench.list(), []);
  });

  claim('a parent is kept while it has children of any kind', async (t, bench) => {
    const isKept = async () => await t.throwsAsync(async () => await bench.driver.remove(chain('base')), { code: 'STORAGE_IN_USE' });
    await bench.layer('base', null, [entry.file('f', 1)]);
    await bench.driver.prepare(key('a'), chain('base'));
    await isKept();
    await bench.driver.commit(key('a'), chain('child'));
    await isKept();
    await bench.driver.remove(chain('child'));
    await bench.driver.view(key('v'), chain('base'));
    await isKept();
    t.deepEqual(await bench.paths('base'), ['f']);
    await bench.driver.remove(key('v'));
    await bench.driver.remove(chain('base'));
    t.is(await bench.driver.stat(chain('base')), undefined);
  });

  claim('stat and list tell kinds and parents', async (t, bench) => {
    await bench.layer('base', null, []);
    await bench.driver.prepare(key('a'), chain('base'));
    await bench.driver.view(key('v'), chain('base'));
    const expected = [
      { id: chain('base'), kind: 'committed', parent: null },
      { id: key('a'), kind: 'active', parent: chain('base') },
      { id: key('v'), kind: 'view', parent: chain('base') },
    ];
    const found = await bench.list();
    for (const info of expected) {
      t.deepEqual(await bench.driver.stat(info.id), info as never);
      t.true(found.some(({ id, kind, parent }) => id === info.id && kind === info.kind && parent === info.parent));
    }
    t.is(found.length, expected.length);
  });

  claim('any text may be a key', async (t, bench) => {
    const keys = ['../../escape', 'with:colon,comma', 'x'.repeat(300), 'ö \u{1f4a5}', '.hidden'].map(key);
    for (const one of keys) {
      await using view = await bench.show(await bench.driver.prepare(one, null));
      mkdirSync(join(view.root, 'dir'));
    }
    t.deepEqual((await bench.list()).map(({ id }) => id).sort(), keys.toSorted());
    for (const [number, one] of keys.entries()) await bench.driver.commit(one, chain(String(number)));
    t.deepEqual(await bench.paths('0'), ['dir']);
  });
}
