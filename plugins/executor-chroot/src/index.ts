import { definePlugin } from '@varve/core';
import { ChrootExecutor } from './chroot-executor.ts';
import { whyUnsupported } from './probe.ts';

/** Processes with a root directory of their own and nothing more: for hosts that allow nothing else. */
export const chroot = definePlugin({
  name: '@varve/executor-chroot',
  core: '^0.1.0',
  apply({ hooks }) {
    hooks.executor.tap(
      async (host) => {
        if (host.name !== undefined && host.name !== 'chroot') return undefined;
        const reason = whyUnsupported();
        if (reason === undefined) return new ChrootExecutor(host.root);
        host.decline('chroot', reason);
        return undefined;
      },
      { stage: 100 },
    );
  },
});

export { ChrootExecutor } from './chroot-executor.ts';
