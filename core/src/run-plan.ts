import { normalizePlatform } from '../image/index.ts';
import type { Build } from './build.ts';
import type { Plan, Stage, Step } from './contracts/plan.ts';
import { VarveError } from './errors.ts';
import { arrivedState, isLost } from './lost-layer.ts';
import { stagesOf } from './plan-build.ts';
import { runStep } from './run-step.ts';
import { settleStage } from './settle-stage.ts';
import { imageState, type StageState, scratchState } from './stage-state.ts';
import { baseImage } from './trees.ts';

/** The stages of a build's plan, each run when somebody needs it and once. Independent ones run beside each other. */
export class Stages {
  readonly #on: Build;
  readonly #stages = new Map<string, Stage>();
  readonly #running = new Map<string, Promise<StageState>>();
  readonly #patient = new Set<string>();

  constructor(on: Build) {
    this.#on = on;
  }

  /**
   * What the target leaves. The first failure of any stage stops the others, whoever waits for it; they are waited for, so that nothing of
   * them is left when the build ends.
   */
  async target({ stages, target }: Plan): Promise<StageState> {
    for (const stage of stages) this.#stages.set(stage.name, stage);
    try {
      return await this.run(target);
    } catch (failure) {
      await Promise.allSettled(this.#running.values());
      const { signal } = this.#on.work.controller;
      throw signal.aborted ? signal.reason : failure;
    }
  }

  /** What a stage leaves. */
  run(name: string): Promise<StageState> {
    const known = this.#running.get(name);
    if (known) return known;
    const running = this.#run(name);
    running.catch((failure: unknown) => this.#on.fail(failure));
    this.#running.set(name, running);
    return running;
  }

  /** Waits for the stages that a step reads from. */
  async ready(step: Step): Promise<void> {
    for (const name of stagesOf(step)) await this.run(name);
  }

  async #run(name: string): Promise<StageState> {
    const on = this.#on;
    const stage = this.#stages.get(name);
    if (stage === undefined) throw new Error(`Stage "${name}" is not in the plan that was checked`);
    on.emit({ type: 'stage-started', stage: name });
    for (const needed of stage.steps.flatMap(stagesOf)) void this.run(needed);
    const base = await this.#base(stage);
    const state = await this.#steps(stage, base);
    on.emit({ type: 'stage-finished', stage: name });
    return await settleStage(base, state, on);
  }

  /** Layers that caches bring come while the next steps are asked for. Where one does not come after all, everything is asked again, patiently. */
  async #steps(stage: Stage, base: StageState): Promise<StageState> {
    const on = this.#on;
    const { name, steps } = stage;
    try {
      let state = base;
      for (const [i, step] of steps.entries()) {
        on.build.signal?.throwIfAborted();
        state = await runStep({ stage: name, index: i + 1, total: steps.length, step }, state, on);
      }
      return await arrivedState(state);
    } catch (failure) {
      if (!isLost(failure) || this.#patient.has(name)) throw failure;
      this.#patient.add(name);
      return await this.#steps(stage, base);
    }
  }

  /** Whether a layer that is found in a cache has to be here before the next step is asked for. */
  isPatient(name: string): boolean {
    return this.#patient.has(name);
  }

  async #base({ base, platform: own, initial, source }: Stage): Promise<StageState> {
    const { build, trees } = this.#on;
    const platform = own === undefined ? build.platform : normalizePlatform(own);
    if (base.kind === 'scratch') return scratchState(platform, initial);
    if (base.kind === 'stage') return await this.run(base.name);
    try {
      return imageState(await trees.image(baseImage(base), platform), platform);
    } catch (failure) {
      throw VarveError.is(failure) ? VarveError.with(failure, { source }) : failure;
    }
  }
}
