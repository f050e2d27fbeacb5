import { definePlugin, KEEPERS, STORE_ROOT } from '@varve/core';
import { logKeeper } from './log-keeper.ts';
import { readOptions } from './options.ts';
import { Reporters } from './reporters.ts';

export type { ProgressOptions } from './options.ts';
export { isProgressMode, PROGRESS_MODES, type ProgressMode } from './progress-mode.ts';

/** Tells people and programs how a build goes, on stderr, and keeps the whole logs of steps on disk. */
export const progress = definePlugin({
  name: '@varve/progress',
  core: '^0.1.0',
  options: readOptions,
  apply({ hooks, inject, contribute, options }) {
    contribute(KEEPERS, [STORE_ROOT], logKeeper);
    const reporters = inject('reporters', [STORE_ROOT], (root) => new Reporters(root, options));
    hooks.event.tap(async (event) => reporters().report(event));
  },
});
