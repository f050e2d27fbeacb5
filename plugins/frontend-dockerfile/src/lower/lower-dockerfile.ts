import type { BuildWarning, FrontendRequest, Plan, SourceRange, Stage, Step, TreeRef } from '@varve/core';
import { ExpansionBudget } from '../expand/budget.ts';
import { readIgnorePatterns } from '../ignore/read-ignore-patterns.ts';
import type { Dockerfile, DockerfileStage, StageInstruction } from '../instructions/instruction.ts';
import { parseTrigger } from '../instructions/parse-trigger.ts';
import type { Directive } from '../parser/directives.ts';
import { globalArguments, unusedArguments } from './build-arguments.ts';
import { located } from './located.ts';
import { baseName, basePlatform, imageBase, type LoweredBase, scratchBase } from './lower-base.ts';
import { contextBase } from './lower-context-base.ts';
import { lowerInstruction } from './lower-instruction.ts';
import { SCRATCH, type StageNames, stageNames } from './stage-names.ts';
import { type BuildScope, createScope } from './stage-scope.ts';
import type { StageState } from './stage-state.ts';

/** Frontend images that speak this very language. */
const BUILT_IN = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@ ]|$)/;

/** Turns a Dockerfile into the plan of what its target needs. @throws VarveError `FRONTEND_…` with the place */
export async function lowerDockerfile(dockerfile: Dockerfile, request: FrontendRequest): Promise<Plan> {
  const lowering = new Lowering(dockerfile, request);
  const names = stageNames(dockerfile, request.contexts);
  const target = names.target(request.target);
  warnAbout(dockerfile, request);
  const [stages, ignore] = await Promise.all([lowering.run(target), readIgnorePatterns(request)]);
  return { stages, target: names.nameOf(target), ignore };
}

function warnAbout(dockerfile: Dockerfile, request: FrontendRequest): void {
  for (const { code, message, source } of dockerfile.warnings) request.warn({ code, message, source });
  const syntax = dockerfile.directives.find(({ name }) => name === 'syntax');
  if (syntax !== undefined && !BUILT_IN.test(syntax.value)) request.warn(syntaxIgnored(syntax, dockerfile.file));
  const unused = unusedArguments(dockerfile, request.args);
  if (unused.length === 0) return;
  request.warn({ code: 'BuildArgUnused', message: `[Warning] One or more build-args [${unused.join(' ')}] were not consumed` });
}

function syntaxIgnored({ value, line }: Directive, file: string): BuildWarning {
  const message = `The frontend image ${value.split(' ', 1)[0]} is not loaded: the file is read as docker/dockerfile:1`;
  return { code: 'SyntaxIgnored', message, source: { file, startLine: line, endLine: line } };
}

interface LoweredStage {
  readonly stage: Stage;
  readonly state: StageState;
}

/** One walk from the target to everything it needs: what nobody needs is neither checked nor resolved. */
class Lowering {
  readonly #dockerfile: Dockerfile;
  readonly #request: FrontendRequest;
  readonly #names: StageNames;
  readonly #build: BuildScope;
  readonly #lowered = new Map<number, Promise<LoweredStage>>();
  #needsEmpty = false;

  constructor(dockerfile: Dockerfile, request: FrontendRequest) {
    const expansion = { escapeCharacter: dockerfile.escapeCharacter, budget: new ExpansionBudget() };
    this.#dockerfile = dockerfile;
    this.#request = request;
    this.#names = stageNames(dockerfile, request.contexts);
    const globals = globalArguments(dockerfile, request, expansion);
    this.#build = { globals, expansion, args: request.args, warn: (warning) => request.warn(warning) };
  }

  async run(target: number): Promise<readonly Stage[]> {
    await this.#need(target);
    // a stage adds those that it needs before its own promise is kept
    for (const lowered of this.#lowered.values()) await lowered;
    const indexes = [...this.#lowered.keys()].sort((a, b) => a - b);
    const stages = await Promise.all(indexes.map(async (index) => (await this.#need(index)).stage));
    return this.#needsEmpty ? [{ name: this.#names.empty, base: { kind: 'scratch' }, steps: [] }, ...stages] : stages;
  }

  #need(index: number): Promise<LoweredStage> {
    const known = this.#lowered.get(index);
    if (known !== undefined) return known;
    const stage = this.#dockerfile.stages[index];
    if (stage === undefined) throw new RangeError(`no stage ${index}`);
    const lowered = this.#lower(stage);
    // awaited by whoever needs it; until then its failure is nobody's
    lowered.catch(() => {});
    this.#lowered.set(index, lowered);
    return lowered;
  }

  async #lower({ from, index, instructions }: DockerfileStage): Promise<LoweredStage> {
    const base = await this.#base(from, index);
    const triggered = base.triggers.map((text) => parseTrigger(text, from.source));
    const steps: Step[] = [...base.steps];
    for (const instruction of [...triggered, ...instructions]) {
      this.#request.signal?.throwIfAborted();
      steps.push(...this.#lowerInstruction(instruction, { index, state: base.state }));
    }
    for (const { inputs = [] } of steps) for (const input of inputs) this.#needTree(input);
    const { platform, initial } = base;
    return {
      state: base.state,
      stage: { name: this.#names.nameOf(index), base: base.base, steps, source: from.source, platform, initial },
    };
  }

  #lowerInstruction(instruction: StageInstruction, { index, state }: { index: number; state: StageState }): readonly Step[] {
    const { source } = instruction;
    const tree = (name: string): TreeRef => this.#names.tree(name, index, source);
    return located(source, () => lowerInstruction(instruction, createScope({ build: this.#build, state, source, tree })));
  }

  #needTree(tree: TreeRef): void {
    if (tree.kind !== 'name') return;
    const index = this.#names.indexOf(tree.name);
    if (index !== undefined) void this.#need(index);
    else this.#needsEmpty = true;
  }

  async #base(from: DockerfileStage['from'], index: number): Promise<LoweredBase> {
    const ref = baseName(from, this.#build);
    const platform = basePlatform(from, this.#build);
    const parent = this.#names.base(ref, index);
    if (parent !== undefined) return this.#stageBase(await this.#need(parent), from.source);
    if (ref === SCRATCH) return scratchBase(platform);
    const directory = contextBase({ from, ref, platform }, this.#request);
    if (directory !== undefined) return directory;
    const known = this.#dockerfile.stages.slice(0, index).flatMap((stage) => stage.from.name ?? []);
    return await imageBase({ from, ref, platform, stageNames: known }, this.#request);
  }

  #stageBase({ stage, state }: LoweredStage, source: SourceRange): LoweredBase {
    const triggers = state.onbuild;
    const clear: LoweredBase['steps'] =
      triggers.length === 0 ? [] : [{ kind: 'config', title: 'ONBUILD', source, patch: { OnBuild: null } }];
    return { base: { kind: 'name', name: stage.name }, state: state.inherit(), triggers, steps: clear };
  }
}
