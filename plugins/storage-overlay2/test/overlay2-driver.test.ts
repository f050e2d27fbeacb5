import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asLayerID, asSnapshotKey, type ChainID, chainOf, digestOf } from '@varve/core/image';
import { listXattrs, mount, mountAll, mounts, unmount } from '@varve/core/system';
import { entry, fixtureContent, fixtureIndex, temporaryDir, whyMissing } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { Overlay2Driver } from '../src/index.ts';
import { whyUnsupported } from '../src/probe.ts';

const missing = whyMissing(['linux', 'root']);
/** Tests on a driver on a store of its own. */
const claim = (title: string, body: (t: ExecutionContext, driver: Overlay2Driver, root: string) => Promise<void>): void => {
  if (missing !== undefined) test.skip(`${title} (skipped: ${missing})`, (t) => t.pass());
  else
    test.serial(title, async (t) => {
      const root = temporaryDir(t);
      const driver = new Overlay2Driver(root);
      t.teardown(() => driver[Symbol.asyncDispose]());
      await body(t, driver, root);
    });
};
const chain = (name: string): ChainID => chainOf([asLayerID(digestOf(name))]) as ChainID; // one id gives one chain
const key = asSnapshotKey;

async function stack(driver: Overlay2Driver, height: number): Promise<ChainID> {
  for (let i = 0; i < height; i++) {
    await driver.prepare(key('x'), i === 0 ? null : chain(String(i - 1)));
    await driver.apply(key('x'), fixtureIndex([entry.file(`f${i}`, 1)]), fixtureContent);
    await driver.commit(key('x'), chain(String(i)));
  }
  return chain(String(height - 1));
}

claim('300 layers are mounted with options that fit into one page', async (t, driver, root) => {
  const [overlay] = await driver.prepare(key('top'), await stack(driver, 300));
  t.true((overlay?.options.join(',').length ?? 0) < 4096);
  const target = join(root, 'm');
  mkdirSync(target);
  mountAll(overlay === undefined ? [] : [overlay], target);
  t.is(readdirSync(target).length, 300);
  await unmount(target);
});

claim('more layers than Linux stacks are refused with a hint', async (t, driver) => {
  await stack(driver, 500);
  await t.notThrowsAsync(async () => await driver.prepare(key('a'), chain('499')));
  await driver.commit(key('a'), chain('500'));
  const error = await t.throwsAsync(async () => await driver.prepare(key('b'), chain('500')), { code: 'STORAGE_DEPTH' });
  t.regex(String((error as { hint?: string } | undefined)?.hint), /[Ss]quash/);
});

claim('mounts are such that the upper directory says everything', async (t, driver) => {
  const [overlay] = await driver.prepare(key('a'), null);
  for (const option of ['redirect_dir=off', 'metacopy=off', 'index=off', 'volatile']) t.true(overlay?.options.includes(option), option);
});

claim('a snapshot that was written through a mount has no marks but opaque ones', async (t, driver, root) => {
  await stack(driver, 1);
  const target = join(root, 'm');
  mkdirSync(target);
  mountAll(await driver.prepare(key('a'), chain('0')), target);
  writeFileSync(join(target, 'f0'), 'x');
  await unmount(target);
  await driver.commit(key('a'), chain('one'));
  const directory = await driver.directory(chain('one'));
  t.deepEqual(
    listXattrs(join(directory, 'f0')).filter((name) => /redirect|metacopy/.test(name)),
    [],
  );
});

claim('nothing but a link and two directories is left of a committed snapshot', async (t, driver, root) => {
  await stack(driver, 2);
  await driver.remove(chain('1'));
  const own = join(root, 'snapshots', 'overlay2');
  t.is(readdirSync(join(own, 'l')).length, 1);
  t.is(readdirSync(join(own, 'committed')).length, 1);
  t.deepEqual(readdirSync(join(own, 'active')), []);
  t.deepEqual(readdirSync(join(own, 'half')), []);
});

claim('the store is closed to other users', async (t, driver, root) => {
  await stack(driver, 1);
  t.is(statSync(join(root, 'snapshots', 'overlay2')).mode & 0o777, 0o700);
});

claim('a disposed driver holds nothing any more', async (t, driver, root) => {
  await driver.prepare(key('a'), null);
  await driver[Symbol.asyncDispose]();
  const next = new Overlay2Driver(root);
  await next.recover();
  t.is(await next.stat(key('a')), undefined);
  await next[Symbol.asyncDispose]();
  t.deepEqual(readdirSync(join(root, 'snapshots', 'overlay2', 'processes')), []);
});

claim('a store on ext4 is fine, one on an overlay or without room for it is not, and the reason says why', async (t, _driver, root) => {
  t.is(await whyUnsupported(root), undefined);
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const dir of [lower, upper, work, merged]) mkdirSync(dir);
  mount({ type: 'overlay', source: 'overlay', target: merged, options: [`lowerdir=${lower}`, `upperdir=${upper}`, `workdir=${work}`] });
  const reason = await whyUnsupported(join(merged, 'store'));
  t.regex(String(reason), /overlay/);
  t.false(existsSync(join(merged, 'store', 'snapshots', 'overlay2')));
  const readOnly = join(root, 'read-only');
  mkdirSync(readOnly);
  mount({ type: 'tmpfs', source: 'tmpfs', target: readOnly, options: ['ro'] });
  t.regex(String(await whyUnsupported(join(readOnly, 'store'))), /cannot be written/);
  t.is(mounts().filter(({ target }) => target.startsWith(join(root, 'snapshots'))).length, 0);
});

claim('a file that lies in the way of the driver is an error that names it', async (t, _driver, root) => {
  writeFileSync(join(root, 'snapshots'), '');
  t.regex(String(await whyUnsupported(root)), /cannot be written/);
  t.is(readFileSync(join(root, 'snapshots'), 'utf8'), '');
});
