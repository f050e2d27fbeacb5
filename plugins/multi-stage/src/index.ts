import { definePlugin } from '@varve/core';
import { pruneStages } from './prune-stages.ts';
import { resolveStage } from './resolve-stage.ts';

export const multiStage = definePlugin({
  name: '@varve/multi-stage',
  core: '^0.1.0',
  apply({ hooks }) {
    hooks.plan.tap(async (plan, build) => {
      const contexts = build.request.contexts ?? {};
      return pruneStages(plan, (stage, index) => resolveStage(stage, { plan, index, contexts }));
    });
  },
});
