import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { mounts } from '@varve/core/system';
import { startProcess, temporaryDir, whyMissing } from '@varve/core/testing';
import test from 'ava';
import { Overlay2Driver } from '../../storage-overlay2/src/index.ts';
import { MountPoints } from '../src/mount-points.ts';

const SCRIPT = `
const [, module, root] = process.argv;
console.log(await (await import(module)).openWorkspace(root));
setInterval(() => {}, 1000);
`;

const missing = whyMissing(['linux', 'root']);
const claim = missing === undefined ? test.serial : test.skip;

claim('what a killed build had mounted is unmounted by the next one, and the mount point removed', async (t) => {
  const root = temporaryDir(t);
  const build = await startProcess(SCRIPT, [new URL('./fixtures/open.ts', import.meta.url).href, root]);
  const mountPoint = build.line;
  const isMounted = () => mounts().some(({ target }) => target === mountPoint);
  await using driver = new Overlay2Driver(root);
  await driver.recover();
  t.true(isMounted(), 'while the build lives');
  await build.kill();
  t.true(isMounted(), 'nobody has cleaned up');
  await driver.recover();
  t.false(isMounted());
  utimesSync(mountPoint, 1, 1);
  new MountPoints(root).sweep();
  t.deepEqual(readdirSync(join(root, 'mnt')), []);
});

claim('a mount point in use is never swept', async (t) => {
  const root = temporaryDir(t);
  const build = await startProcess(SCRIPT, [new URL('./fixtures/open.ts', import.meta.url).href, root]);
  utimesSync(build.line, 1, 1);
  new MountPoints(root).sweep();
  t.true(existsSync(build.line));
  await build.kill();
});
