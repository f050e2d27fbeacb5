import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { asLayerID, asSnapshotKey, type ChainID, chainOf, digestOf, hexOf } from '../../image/index.ts';
import { SnapshotCatalog } from '../../system/index.ts';
import { temporaryDir, whyMissing } from '../../testing/index.ts';

const chain = (name: string): ChainID => chainOf([asLayerID(digestOf(name))]) as ChainID; // one id gives one chain
const nobody = async (): Promise<void> => {};

/** A catalogue with committed snapshots that stand on each other. */
async function withStack(
  t: ExecutionContext,
  ...names: readonly string[]
): Promise<{ readonly root: string; readonly catalog: SnapshotCatalog<null> }> {
  const root = join(temporaryDir(t), 'catalog');
  const catalog = new SnapshotCatalog<null>(root);
  t.teardown(() => catalog[Symbol.dispose]());
  for (const [number, name] of names.entries()) {
    const below = names[number - 1];
    await catalog.create({ key: asSnapshotKey(name), kind: 'active', parent: below === undefined ? null : chain(below), data: null });
    await catalog.commit(asSnapshotKey(name), chain(name));
  }
  return { root, catalog };
}
const dirOf = (root: string, name: string): string => join(root, 'committed', hexOf(chain(name)));
/** As if the machine had been started anew since. */
function madeBeforeStart(root: string, name: string): void {
  const note = join(dirOf(root, name), 'snapshot.json');
  writeFileSync(note, JSON.stringify({ ...JSON.parse(readFileSync(note, 'utf8')), boot: 'earlier' }));
}
const committed = (catalog: SnapshotCatalog<null>): readonly string[] => catalog.folders.list().map(({ id }) => id);

const missing = whyMissing(['linux']);
const claim = missing === undefined ? test : test.skip;

claim('a snapshot that may not have reached the disk before the machine stopped goes, with all on top of it', async (t) => {
  const { root, catalog } = await withStack(t, 'a', 'b', 'c');
  madeBeforeStart(root, 'b');
  await catalog.recover(nobody);
  t.deepEqual(committed(catalog), [chain('a')]);
});

claim('a snapshot that was on the disk stays', async (t) => {
  const { root, catalog } = await withStack(t, 'a');
  writeFileSync(join(dirOf(root, 'a'), 'on-disk'), '');
  madeBeforeStart(root, 'a');
  await catalog.recover(nobody);
  t.deepEqual(committed(catalog), [chain('a')]);
});

claim('snapshots that are old enough are written to the disk in the background, and marked', async (t) => {
  const { root, catalog } = await withStack(t, 'a');
  const mark = join(dirOf(root, 'a'), 'on-disk');
  await catalog.recover(nobody);
  utimesSync(dirOf(root, 'a'), 1, 1);
  t.false(existsSync(mark));
  await catalog.recover(nobody);
  for (let i = 0; i < 600 && !existsSync(mark); i++) await sleep(100);
  t.true(existsSync(mark));
});

claim('a snapshot whose description was cut short goes', async (t) => {
  const { root, catalog } = await withStack(t, 'a', 'b');
  writeFileSync(join(dirOf(root, 'b'), 'snapshot.json'), '{"id":');
  t.is(catalog.folders.find(chain('b')), undefined);
  await catalog.recover(nobody);
  t.deepEqual(readdirSync(join(root, 'committed')), [hexOf(chain('a'))]);
});

claim('what a living catalogue is making or removing is left alone', async (t) => {
  const { root, catalog } = await withStack(t, 'a');
  const [marker] = readdirSync(join(root, 'processes')) as [string];
  mkdirSync(join(root, 'half', `${marker}.1`));
  mkdirSync(join(root, 'half', '1-gone.1'));
  using other = new SnapshotCatalog<null>(root);
  await other.recover(nobody);
  t.deepEqual(readdirSync(join(root, 'half')), [`${marker}.1`]);
  t.deepEqual(committed(catalog), [chain('a')]);
});

claim('a directory that cannot be filled leaves the key free and nothing half-made', async (t) => {
  const { root, catalog } = await withStack(t);
  const make = (): never => {
    throw new Error('no room');
  };
  const one = { key: asSnapshotKey('a'), kind: 'active', parent: null, data: null } as const;
  await t.throwsAsync(catalog.create({ ...one, make }), { message: 'no room' });
  t.deepEqual(readdirSync(join(root, 'half')), []);
  await t.notThrowsAsync(catalog.create(one));
});
