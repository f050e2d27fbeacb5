import { type FrontendRequest, type SourceRange, type Stage, type Step, type TreeRef, VarveError } from '@varve/core';
import type { Dockerfile, DockerfileStage, StageInstruction } from '../instructions/instruction.ts';
import { parseTrigger } from '../instructions/parse-trigger.ts';
import type { InstructionVisit } from '../lint/lint-rule.ts';
import { ignoredPaths } from './lint-visits.ts';
import { located } from './located.ts';
import { baseName, basePlatform, imageBase, type LoweredBase, scratchBase } from './lower-base.ts';
import { contextBase } from './lower-context-base.ts';
import type { LowerOptions } from './lower-dockerfile.ts';
import { lowerExtended } from './lower-extended.ts';
import { lowerInstruction } from './lower-instruction.ts';
import { SCRATCH, type StageNames } from './stage-names.ts';
import { type BuildScope, createScope, type StageScope } from './stage-scope.ts';
import type { StageState } from './stage-state.ts';

export interface LoweringOptions extends LowerOptions {
  readonly request: FrontendRequest;
  readonly names: StageNames;
  readonly build: BuildScope;
  /** Patterns. */
  readonly ignore: readonly string[];
}

/** What it costs to copy a variable from stage to stage, in characters. */
const COPYING = 16;

/** Rows of history that are copied in the time of one character. */
const ROWS_AT_ONCE = 32;

interface LoweredStage {
  readonly stage: Stage;
  readonly state: StageState;
}

/** A stage while its instructions are lowered. */
export interface StageWalk {
  readonly index: number;
  /** Of the text that is read: its escape character may be another one. */
  readonly scope: StageScope;
  /** How many texts were included in one another to get here. */
  readonly depth: number;
  /** In the order in which they take effect. */
  readonly seen: StageInstruction[];
}

/** One walk from the target to everything it needs: what nobody needs is neither checked nor resolved. */
export class Lowering {
  readonly options: LoweringOptions;
  readonly #dockerfile: Dockerfile;
  readonly #lowered = new Map<number, Promise<LoweredStage>>();
  readonly #isIgnored: InstructionVisit['isIgnored'];
  #needsEmpty = false;

  constructor(dockerfile: Dockerfile, options: LoweringOptions) {
    this.options = options;
    this.#dockerfile = dockerfile;
    this.#isIgnored = ignoredPaths(options.ignore);
  }

  async run(target: number | 'all'): Promise<readonly Stage[]> {
    const wanted = target === 'all' ? this.#dockerfile.stages.map(({ index }) => index) : [target];
    for (const index of wanted) await this.#need(index);
    // a stage adds those that it needs before its own promise is kept
    for (const lowered of this.#lowered.values()) await lowered;
    const indexes = [...this.#lowered.keys()].sort((a, b) => a - b);
    const stages = await Promise.all(indexes.map(async (index) => (await this.#need(index)).stage));
    return this.#needsEmpty ? [{ name: this.options.names.empty, base: { kind: 'scratch' }, steps: [] }, ...stages] : stages;
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
    const { names, build, language, linter } = this.options;
    await undefined; // a long chain of stages must not become a deep stack
    const { base, state, triggers, steps: first, platform, initial } = await this.#base(from, index);
    const triggered = triggers.map((text) => parseTrigger(text, { source: from.source, language }));
    const walk: StageWalk = { index, scope: this.scopeFor({ index, state, build }), depth: 0, seen: [] };
    const steps: Step[] = [...first];
    try {
      for (const instruction of [...triggered, ...instructions]) {
        const lowered = this.lowerInstruction(instruction, walk);
        steps.push(...(lowered instanceof Promise ? await lowered : lowered));
      }
    } finally {
      linter.ask('stage', walk.seen);
    }
    for (const { inputs = [] } of steps) for (const input of inputs) this.#needTree(input);
    return { state, stage: { name: names.nameOf(index), base, steps, source: from.source, platform, initial } };
  }

  /** Docker's own instructions are lowered at once: only what other plugins add may take its time. */
  lowerInstruction(instruction: StageInstruction, walk: StageWalk): readonly Step[] | Promise<readonly Step[]> {
    this.options.request.signal?.throwIfAborted();
    const { scope } = walk;
    const { source } = instruction;
    const { hasWorkdir, hasShell } = scope.state;
    const expansions = scope.begin(source);
    const visit: InstructionVisit = { instruction, expansions, before: { hasWorkdir, hasShell }, isIgnored: this.#isIgnored };
    if (instruction.kind === 'custom' || instruction.added !== undefined) return this.#lowerLater(visit, walk);
    try {
      payForRow(walk);
      return lowerInstruction(instruction, scope);
    } catch (failure) {
      throw blamed(failure, source);
    } finally {
      this.#show(visit, walk);
    }
  }

  async #lowerLater(visit: InstructionVisit, walk: StageWalk): Promise<readonly Step[]> {
    const { instruction } = visit;
    try {
      payForRow(walk);
      return await lowerExtended(instruction, { walk, lowering: this });
    } catch (failure) {
      throw blamed(failure, instruction.source);
    } finally {
      this.#show(visit, walk);
    }
  }

  scopeFor({ index, state, build }: { index: number; state: StageState; build: BuildScope }): StageScope {
    return createScope({ build, state, tree: (name, source) => this.options.names.tree(name, index, source) });
  }

  #show(visit: InstructionVisit, walk: StageWalk): void {
    walk.seen.push(visit.instruction);
    const { instruction } = visit;
    this.options.linter.ask('instruction', visit, instruction.kind === 'custom' ? instruction.name : instruction.kind);
  }

  #needTree(tree: TreeRef): void {
    if (tree.kind !== 'name') return;
    const index = this.options.names.indexOf(tree.name);
    if (index !== undefined) void this.#need(index);
    else this.#needsEmpty = true;
  }

  async #base(from: DockerfileStage['from'], index: number): Promise<LoweredBase> {
    const { request, names, build, linter } = this.options;
    const ref = baseName(from, build);
    const platform = basePlatform(from, build);
    const parent = names.base(ref, index);
    if (parent !== undefined) return stageBase(await this.#need(parent), { source: from.source, build });
    if (ref === SCRATCH) return scratchBase(platform, request);
    const directory = contextBase({ from, ref, platform }, request);
    if (directory !== undefined) return directory;
    const stageNames = (): readonly string[] => this.#dockerfile.stages.slice(0, index).flatMap((stage) => stage.from.name ?? []);
    return await imageBase({ from, ref, platform, stageNames }, { request, linter });
  }
}

/** Each instruction adds a row to a history that is copied. */
const payForRow = ({ scope, seen }: StageWalk): void => scope.build.budget.spend(seen.length / ROWS_AT_ONCE);

const blamed = (failure: unknown, source: SourceRange): unknown =>
  VarveError.is(failure) ? VarveError.with(failure, { source }) : failure;

function stageBase({ stage, state }: LoweredStage, { source, build }: { source: SourceRange; build: BuildScope }): LoweredBase {
  located(source, () => build.budget.spend(COPYING * state.names().length));
  const triggers = state.onbuild;
  const clear: LoweredBase['steps'] = triggers.length === 0 ? [] : [{ kind: 'config', title: 'ONBUILD', source, patch: { OnBuild: null } }];
  return { base: { kind: 'name', name: stage.name }, state: state.inherit(), triggers, steps: clear };
}
