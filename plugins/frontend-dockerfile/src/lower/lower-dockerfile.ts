import type { BuildWarning, FrontendRequest, Plan } from '@varve/core';
import { ExpansionBudget } from '../expand/budget.ts';
import { readContextPatterns, readIgnorePatterns } from '../ignore/read-ignore-patterns.ts';
import type { Dockerfile } from '../instructions/instruction.ts';
import type { Language } from '../language/language.ts';
import type { Linter } from '../lint/linter.ts';
import { Suggester } from '../lint/suggester.ts';
import { askedArguments, globalArguments, proxyEnvironment, unusedArguments } from './build-arguments.ts';
import { globalEpoch } from './global-epoch.ts';
import { lintFile, lintFrom } from './lint-visits.ts';
import { Lowering } from './lowering.ts';
import { stageNames } from './stage-names.ts';

export interface LowerOptions {
  readonly language: Language;
  readonly linter: Linter;
  /** Nothing is built: without a target, stages that nobody needs are looked at too. */
  readonly isCheck?: boolean | undefined;
}

/** Turns a Dockerfile into the plan of what its target needs. @throws VarveError `FRONTEND_…` with the place */
export async function lowerDockerfile(dockerfile: Dockerfile, request: FrontendRequest, options: LowerOptions): Promise<Plan> {
  const { linter, isCheck = false } = options;
  const budget = new ExpansionBudget();
  const suggester = new Suggester();
  const expansion = { escapeCharacter: dockerfile.escapeCharacter, budget };
  const ignore = await readIgnorePatterns(request);
  lintFile(dockerfile, { linter, request, expansion });
  const globals = globalArguments(dockerfile, request, expansion);
  lintFrom(dockerfile, { linter, globals, expansion, suggester });
  const names = stageNames(dockerfile, request.contexts);
  const target = names.target(request.target);
  const asked = askedArguments(dockerfile);
  const build = {
    globals,
    expansion,
    budget,
    suggester,
    asked,
    args: request.args,
    proxies: proxyEnvironment(request.args),
    warn: (warning: BuildWarning) => request.warn(warning),
  };
  const lowering = new Lowering(dockerfile, { ...options, request, names, build, ignore });
  const stages = await lowering.run(isCheck && !request.target ? 'all' : target);
  if (!isCheck) warnOfUnused(unusedArguments(request.args, asked), request);
  const contextIgnore = await readContextPatterns(request);
  return { stages, target: names.nameOf(target), ignore, contextIgnore, epoch: globalEpoch(dockerfile, globals) };
}

function warnOfUnused(unused: readonly string[], request: FrontendRequest): void {
  if (unused.length === 0) return;
  request.warn({ code: 'BuildArgUnused', message: `One or more build-args [${unused.join(' ')}] were not consumed` });
}
