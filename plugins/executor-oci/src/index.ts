import { definePlugin } from '@varve/core';
import { findRuntime } from './find-runtime.ts';
import { OciExecutor } from './oci-executor.ts';
import { type OciOptions, readOptions } from './options.ts';

/** Processes in containers of an OCI runtime: crun or runc. */
export const oci = definePlugin<OciOptions>({
  name: '@varve/executor-oci',
  core: '^0.1.0',
  options: readOptions,
  apply({ hooks, options }) {
    hooks.executor.tap(async (host) => {
      if (host.name !== undefined && host.name !== 'oci') return undefined;
      const found = await findRuntime(options.runtime);
      if (found.kind === 'found') return new OciExecutor(host.root, { runtime: found.runtime, seccomp: options.seccomp });
      host.decline('oci', found.reason);
      return undefined;
    });
  },
});

export { findRuntime, type Runtime } from './find-runtime.ts';
export { OciExecutor } from './oci-executor.ts';
export type { OciOptions } from './options.ts';
