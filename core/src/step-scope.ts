import type { Build } from './build.ts';
import type { StepPlace } from './contracts/event.ts';
import type { Step, TreeRef } from './contracts/plan.ts';
import type { StepInputs, StepScope } from './contracts/step.ts';
import { VarveError } from './errors.ts';
import { stagesOf } from './plan-build.ts';
import type { StageState } from './stage-state.ts';
import { openView } from './step-workspace.ts';

/** What a handler may look at before the cache is asked. */
export const inputsOf = ({ step }: StepPlace, at: StageState, on: Build): StepInputs => ({
  build: on.build,
  signal: on.build.signal,
  config: at.config,
  tree: () => at.tree(on.build),
  async treeOf(ref) {
    refuseOtherStages(ref, step);
    return await on.trees.of(ref, at.platform);
  },
  warn: (warning) => on.warn(warning),
});

/** A stage that nobody waited for would start here, under the limit that this step holds a part of. */
function refuseOtherStages(ref: TreeRef, step: Step): void {
  if (ref.kind === 'stage' && !stagesOf(step).includes(ref.name))
    throw new VarveError('STEP_CONTRACT', `A "${step.kind}" step reads the stage "${ref.name}", which is not among its inputs`);
}

/** What it gets besides to do its work. */
export const scopeOf = (place: StepPlace, at: StageState, on: Build): Omit<StepScope, 'workspace'> => ({
  ...inputsOf(place, at, on),
  executor: () => on.executor(),
  async viewOf(ref) {
    refuseOtherStages(ref, place.step);
    const state = await on.trees.stateOf(ref, at.platform);
    return state && (await openView(state, on));
  },
  log: (stream, chunk) => on.emit({ type: 'step-output', ...place, stream, chunk }),
});
