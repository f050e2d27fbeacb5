import { definePlugin, KEEPERS, STORE_ROOT } from '@varve/core';
import { SnapshotKeeper } from '@varve/core/system';
import { driverRoot } from './layout.ts';
import { Overlay2Driver } from './overlay2-driver.ts';
import { whyUnsupported } from './probe.ts';

/** Snapshots on overlayfs: a step's changes are what lies in its upper directory. */
export const overlay2 = definePlugin({
  name: '@varve/storage-overlay2',
  core: '^0.1.0',
  apply({ hooks, inject, contribute }) {
    const driver = inject('overlay2', [STORE_ROOT], (root) => new Overlay2Driver(root));
    contribute(KEEPERS, [STORE_ROOT], (root) => new SnapshotKeeper(driver(), driverRoot(root)));
    hooks.storage.tap(async (host) => {
      if (host.name !== undefined && host.name !== 'overlay2') return undefined;
      const reason = await whyUnsupported(host.root);
      if (reason === undefined) return driver();
      host.decline('overlay2', reason);
      return undefined;
    });
  },
});

export { Overlay2Driver } from './overlay2-driver.ts';
