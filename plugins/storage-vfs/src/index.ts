import { join } from 'node:path';
import { definePlugin, KEEPERS, STORE_ROOT } from '@varve/core';
import { SnapshotKeeper, whySystemUnavailable } from '@varve/core/system';
import { VfsDriver } from './vfs-driver.ts';

/** Snapshots as plain directories, each a whole copy of its parent: slower than overlays, but on any file system and without root. */
export const vfs = definePlugin({
  name: '@varve/storage-vfs',
  core: '^0.1.0',
  apply({ hooks, inject, contribute }) {
    const driver = inject('vfs', [STORE_ROOT], (root) => new VfsDriver(root));
    contribute(KEEPERS, [STORE_ROOT], (root) => new SnapshotKeeper(driver(), join(root, 'snapshots', 'vfs')));
    hooks.storage.tap(
      async (host) => {
        if (host.name !== undefined && host.name !== 'vfs') return undefined;
        const reason = whySystemUnavailable();
        if (reason === undefined) return driver();
        host.decline('vfs', reason);
        return undefined;
      },
      { stage: 100 },
    );
  },
});

export { VfsDriver } from './vfs-driver.ts';
