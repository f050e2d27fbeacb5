import { CONTENT, definePlugin, FILE_DIGESTS, handles, KEEPERS, STORE_ROOT } from '@varve/core';
import { configHandler } from './config-handler.ts';
import { CopyHandler } from './copy/copy-handler.ts';
import { mkdirHandler } from './mkdir-handler.ts';
import { CacheKeeper } from './run/cache-keeper.ts';
import { refuseUnallowed } from './run/entitlements.ts';
import { refuseForeign } from './run/foreign-steps.ts';
import { RunHandler } from './run/run-handler.ts';

export const steps = definePlugin({
  name: '@varve/steps',
  core: '^0.1.0',
  apply({ hooks, inject, contribute }) {
    contribute(KEEPERS, [STORE_ROOT], (root) => new CacheKeeper(root));
    const content = inject('step-content', [CONTENT], (store) => store);
    const copy = inject('copy-handler', [FILE_DIGESTS, STORE_ROOT], (digests, root) => new CopyHandler(content, digests, root));
    const run = inject('run-handler', [STORE_ROOT], (root) => new RunHandler(root));
    // after the taps that leave stages out: what is not built asks for nothing
    hooks.plan.tap(
      async (plan, build) => {
        refuseUnallowed(plan, build.request);
        await refuseForeign(plan, build);
        return plan;
      },
      { stage: 100 },
    );
    hooks.handler.tap(handles('config', () => configHandler));
    hooks.handler.tap(handles('copy', copy));
    hooks.handler.tap(handles('mkdir', () => mkdirHandler));
    hooks.handler.tap(handles('run', run));
  },
});
