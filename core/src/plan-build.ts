import { hostPlatform } from '../image/index.ts';
import type { Build } from './build.ts';
import type { Plan, Stage, Step } from './contracts/plan.ts';
import { VarveError } from './errors.ts';

/** Asks the frontend for a plan and the `plan` taps what becomes of it. @throws VarveError `FRONTEND_…`, `PLAN_…` */
export async function planOf(on: Build): Promise<Plan> {
  const { request, platform, signal } = on.build;
  const frontend = await on.hooks.frontend.promise(request.source);
  if (frontend === undefined)
    throw new VarveError('FRONTEND_NONE', `No frontend reads ${request.source.file}`, {
      hint: 'Add a frontend plugin to the preset; `varve plugins` lists those that are loaded.',
    });
  const parsed = await frontend.parse(request.source, {
    target: request.target,
    args: request.args ?? {},
    platform,
    buildPlatform: hostPlatform(),
    contextTime: request.contextTime,
    contexts: request.contexts ?? {},
    resolveConfig: async (ref, of) => (await on.trees.image(ref, of)).config,
    readContext: (path, name) => on.trees.readText(path, name),
    readBeside: (suffix) => request.source.beside?.(suffix) ?? Promise.resolve(undefined),
    warn: (warning) => on.warn(warning),
    signal,
  });
  const plan = await on.hooks.plan.promise(parsed, on.build);
  if (plan.stages.length > 1 && plan.stages.some(hasNames))
    throw new VarveError('PLAN_STAGES', `The plan has ${plan.stages.length} stages and no plugin resolved the names between them`, {
      hint: 'Add the multi-stage plugin to the preset.',
    });
  checkStages(plan);
  return plan;
}

const hasNames = ({ base, steps }: Stage): boolean =>
  base.kind === 'name' || steps.some((step) => step.inputs?.some((input) => input.kind === 'name'));

/** Names of the stages that a step reads from. */
export const stagesOf = ({ inputs = [] }: Step): readonly string[] =>
  inputs.flatMap((input) => (input.kind === 'stage' ? [input.name] : []));

/** What the target needs is there, under names of their own, and no stage waits for itself. */
function checkStages({ stages, target }: Plan): void {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const twice = stages.find((stage) => byName.get(stage.name) !== stage);
  if (twice) throw new VarveError('PLAN_STAGE_TWICE', `The plan has two stages "${twice.name}"`, twice);
  const checked = new Set<string>();
  const visit = (name: string, path: readonly string[], from: Partial<Stage>): void => {
    const stage = byName.get(name);
    if (stage === undefined)
      throw new VarveError('PLAN_STAGE_UNKNOWN', `The plan has no stage "${name}", only ${[...byName.keys()].join(', ')}`, from);
    if (path.includes(name))
      throw new VarveError('PLAN_CYCLE', `Stages wait for each other: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`, from);
    if (checked.has(name)) return;
    const needs = [...(stage.base.kind === 'stage' ? [stage.base.name] : []), ...stage.steps.flatMap(stagesOf)];
    for (const needed of needs) visit(needed, [...path, name], stage);
    checked.add(name);
  };
  visit(target, [], {});
}
