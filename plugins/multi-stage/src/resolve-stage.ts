import type { BaseRef, Stage, TreeRef } from '@varve/core';
import { findStage, type StageScope } from './find-stage.ts';
import { mapRefs } from './map-refs.ts';

/**
 * The stage without any `name` left: each is a stage, a named context or an image.
 *
 * @throws VarveError `STAGE_INDEX`, `STAGE_CONTEXT`
 */
export function resolveStage(stage: Stage, scope: StageScope): Stage {
  const resolve = (ref: TreeRef, source = stage.source): TreeRef =>
    ref.kind === 'name' ? findStage(ref.name, { ...scope, source, as: 'source' }) : ref;
  return {
    ...stage,
    base: resolveBase(stage, scope),
    steps: stage.steps.map((step) => mapRefs(step, (ref) => resolve(ref, step.source ?? stage.source))),
  };
}

function resolveBase({ base, source }: Stage, scope: StageScope): BaseRef {
  if (base.kind !== 'name') return base;
  // With `as: 'base'` a directory is refused, so that what is left is a BaseRef.
  return findStage(base.name, { ...scope, source, as: 'base' }) as BaseRef;
}
