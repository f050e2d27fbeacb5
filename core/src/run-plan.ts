import type { Build } from './build.ts';
import type { Plan, Stage, Step } from './contracts/plan.ts';
import { VarveError } from './errors.ts';
import { stagesOf } from './plan-build.ts';
import { runStep } from './run-step.ts';
import { settleStage } from './settle-stage.ts';
import { imageState, type StageState, scratchState } from './stage-state.ts';
import { baseImage } from './trees.ts';

/** The stages of a plan, each run when somebody needs it and once. Independent ones run beside each other. */
export class Stages {
  readonly #stages: ReadonlyMap<string, Stage>;
  readonly #running = new Map<string, Promise<StageState>>();
  readonly #on: Build;

  constructor(plan: Plan, on: Build) {
    this.#stages = new Map(plan.stages.map((stage) => [stage.name, stage]));
    this.#on = on;
  }

  /** What a stage leaves. The first failure of any stage stops the build, whoever waits for it or does not yet. */
  run(name: string): Promise<StageState> {
    const known = this.#running.get(name);
    if (known) return known;
    const running = this.#run(name);
    running.catch((failure: unknown) => this.#on.stop(failure));
    this.#running.set(name, running);
    return running;
  }

  /** Waits for the stages that a step reads from. */
  async ready(step: Step): Promise<void> {
    for (const name of stagesOf(step)) await this.run(name);
  }

  /** Waits until nothing runs any more, whatever came of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  async #run(name: string): Promise<StageState> {
    const on = this.#on;
    const stage = this.#stages.get(name);
    if (stage === undefined) throw new Error(`Stage "${name}" was not checked`);
    on.emit({ type: 'stage-started', stage: name });
    for (const needed of stage.steps.flatMap(stagesOf)) void this.run(needed);
    const base = await this.#base(stage, on);
    let state = base;
    for (const [i, step] of stage.steps.entries()) {
      on.build.signal?.throwIfAborted();
      state = await runStep({ stage: name, index: i + 1, total: stage.steps.length, step }, state, on);
    }
    on.emit({ type: 'stage-finished', stage: name });
    return await settleStage(base, state, on);
  }

  async #base({ base, platform, initial, source }: Stage, on: Build): Promise<StageState> {
    if (base.kind === 'scratch') return scratchState(platform ?? on.build.platform, initial);
    if (base.kind === 'stage') return await this.run(base.name);
    try {
      return imageState(await on.trees.image(baseImage(base) ?? '', platform));
    } catch (failure) {
      throw VarveError.is(failure) ? VarveError.with(failure, { source }) : failure;
    }
  }
}
