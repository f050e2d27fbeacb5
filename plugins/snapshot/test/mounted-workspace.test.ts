import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mounts } from '@varve/core/system';
import { temporaryDir, whyMissing } from '@varve/core/testing';
import test from 'ava';
import { Overlay2Driver } from '../../storage-overlay2/src/index.ts';
import { MountPoints } from '../src/mount-points.ts';
import { MountedWorkspace } from '../src/mounted-workspace.ts';

const claim = whyMissing(['linux', 'root']) === undefined ? test.serial : test.skip;

class FullDisk extends MountPoints {
  override now(): bigint {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
}

claim('nothing is left of a workspace that could not be opened to the end', async (t) => {
  const root = temporaryDir(t);
  await using driver = new Overlay2Driver(root);
  await t.throwsAsync(MountedWorkspace.open(null, { driver, emit: () => undefined, mountPoints: new FullDisk(root) }), { code: 'ENOSPC' });
  t.deepEqual(
    mounts().filter(({ target }) => target.startsWith(root)),
    [],
  );
  for await (const { id } of driver.list()) t.fail(`${id} is left`);
  t.deepEqual(readdirSync(root).includes('mnt') ? readdirSync(join(root, 'mnt')) : [], []);
});
