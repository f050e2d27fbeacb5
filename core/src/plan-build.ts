import { hostPlatform } from '../image/index.ts';
import type { Build } from './build.ts';
import type { Plan } from './contracts/plan.ts';
import { VarveError } from './errors.ts';

/** Asks the frontend for a plan and the `plan` taps what becomes of it. @throws VarveError `FRONTEND_…`, `PLAN_STAGES` */
export async function planOf(on: Build): Promise<Plan> {
  const { request, platform, signal } = on.build;
  const frontend = await on.hooks.frontend.promise(request.source);
  if (frontend === undefined)
    throw new VarveError('FRONTEND_NONE', `No frontend reads ${request.source.file}`, {
      hint: 'Add a frontend plugin to the preset; `varve plugins` lists those that are loaded.',
    });
  const parsed = await on.blaming(frontend, 'the frontend', () =>
    frontend.parse(request.source, {
      target: request.target,
      args: request.args ?? {},
      platform,
      buildPlatform: hostPlatform(),
      contexts: request.contexts ?? {},
      resolveConfig: async (ref, of) => (await on.trees.image(ref, of)).config,
      readContext: (path) => on.trees.readText(path),
      readBeside: (suffix) => request.source.beside?.(suffix) ?? Promise.resolve(undefined),
      warn: (warning) => on.emit({ type: 'warning', ...warning }),
      signal,
    }),
  );
  const plan = await on.hooks.plan.promise(parsed, on.build);
  if (plan.stages.length > 1 && plan.stages.some(hasNames))
    throw new VarveError('PLAN_STAGES', `The plan has ${plan.stages.length} stages and no plugin resolved the names between them`, {
      hint: 'Add the multi-stage plugin to the preset.',
    });
  return plan;
}

const hasNames = ({ base, steps }: Plan['stages'][number]): boolean =>
  base.kind === 'name' || steps.some((step) => step.inputs?.some((input) => input.kind === 'name'));
