import { definePlugin } from '@varve/core';
import { NamespacesExecutor } from './namespaces-executor.ts';
import { whyUnsupported } from './probe.ts';

/** Processes in namespaces of their own, with nothing installed but a shell and mount(8). */
export const namespaces = definePlugin({
  name: '@varve/executor-namespaces',
  core: '^0.1.0',
  apply({ hooks }) {
    hooks.executor.tap(async (host) => {
      if (host.name !== undefined && host.name !== 'namespaces') return undefined;
      const reason = await whyUnsupported();
      if (reason === undefined) return new NamespacesExecutor(host.root);
      host.decline('namespaces', reason);
      return undefined;
    });
  },
});

export { NamespacesExecutor } from './namespaces-executor.ts';
