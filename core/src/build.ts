import { availableParallelism } from 'node:os';
import type { CacheKey } from '../image/index.ts';
import { recordAll } from './cache.ts';
import type { BuildInfo, BuildResult } from './contracts/build.ts';
import type { Executor } from './contracts/executor.ts';
import type { Host } from './contracts/host.ts';
import type { Step } from './contracts/plan.ts';
import type { Snapshots, Snapshotter } from './contracts/snapshotter.ts';
import type { StorageDriver } from './contracts/storage.ts';
import type { CacheRecord, CacheStore, FileDigests, LayerStore } from './contracts/store.ts';
import { VarveError } from './errors.ts';
import { exportImage, finishImage } from './finish-image.ts';
import type { Hooks } from './hooks.ts';
import { Limit } from './limit.ts';
import { planOf } from './plan-build.ts';
import { Stages } from './run-plan.ts';
import type { Made } from './run-step.ts';
import type { StageState } from './stage-state.ts';
import { Trees } from './trees.ts';

export interface BuildParts {
  readonly build: BuildInfo;
  readonly host: Host;
  readonly hooks: Hooks;
  readonly layers: LayerStore;
  readonly digests: FileDigests;
  readonly caches: readonly CacheStore[];
  /** Stops what is still running once one stage has failed. */
  readonly controller: AbortController;
}

/** One build: from a source to an image and its outputs. */
export class Build {
  readonly build: BuildInfo;
  readonly hooks: Hooks;
  readonly emit: BuildInfo['emit'];
  readonly layers: LayerStore;
  readonly caches: readonly CacheStore[];
  readonly trees: Trees;
  readonly #on: BuildParts;
  readonly #limit: Limit;
  readonly #sharing = new Map<CacheKey, Promise<Made>>();
  #stages: Stages | undefined;
  #snapshotter: Promise<Snapshotter | undefined> | undefined;
  #snapshots: Promise<Snapshots> | undefined;

  constructor(on: BuildParts) {
    this.#on = on;
    this.build = on.build;
    this.hooks = on.hooks;
    this.emit = on.build.emit;
    this.layers = on.layers;
    this.caches = on.caches;
    this.#limit = new Limit(Math.max(1, on.build.request.parallel ?? Math.max(4, 2 * availableParallelism())));
    this.trees = new Trees({
      build: on.build,
      digests: on.digests,
      resolve: (reference, platform) =>
        on.host.resolve(reference, {
          platform,
          fresh: on.build.request.pull ?? false,
          emit: this.emit,
          signal: on.build.signal,
        }),
      stage: async (name) => (await this.#ran(name)).tree(on.build),
    });
  }

  async run(): Promise<BuildResult> {
    const { request, signal } = this.build;
    this.emit({ type: 'build-started', file: request.source.file, progress: request.options?.progress });
    signal?.throwIfAborted();
    const plan = await planOf(this);
    this.emit({ type: 'planned', plan });
    this.trees.hide(plan);
    this.#stages = new Stages(plan, this);
    const state = await this.#target(plan.target, this.#stages);
    const image = await finishImage(state, this);
    signal?.throwIfAborted();
    const outputs = await exportImage(image, this);
    const descriptor = await image.descriptor();
    const id = await image.id();
    this.emit({ type: 'build-finished', digest: descriptor.digest, id });
    return { image, descriptor, id, outputs };
  }

  /** The others are waited for, so that nothing of them is left when the build ends. */
  async #target(name: string, stages: Stages): Promise<StageState> {
    try {
      return await stages.run(name);
    } catch (failure) {
      await stages.settled();
      throw this.#on.controller.signal.reason ?? failure;
    }
  }

  /** Stops what is still running; the first failure is the one that counts. */
  stop(failure: unknown): void {
    this.#on.controller.abort(failure);
  }

  /** Whether the cache may be asked for steps of this stage. */
  isCached(stage: string): boolean {
    const { noCache = false } = this.build.request;
    return typeof noCache === 'boolean' ? !noCache : !noCache.some((name) => name.toLowerCase() === stage.toLowerCase());
  }

  /** Waits for the stages that a step reads from. */
  async ready(step: Step): Promise<void> {
    await this.#stages?.ready(step);
  }

  /** Does work under the build's limit; stages that come to the same key share it. */
  share(key: CacheKey, work: () => Promise<Made>): Promise<Made> {
    const known = this.#sharing.get(key);
    if (known) return known.then(({ layer, record, lasts }) => ({ layer, record, lasts: lasts ?? false }));
    const running = this.#limit.run(work);
    this.#sharing.set(key, running);
    return running;
  }

  /** Whoever turns changes into layers, where there is such a plugin. */
  snapshotter(): Promise<Snapshotter | undefined> {
    this.#snapshotter ??= this.hooks.snapshotter.promise({
      root: this.#on.host.root,
      decline: () => undefined,
    });
    return this.#snapshotter;
  }

  /** Storage is chosen on the first call: a build that runs no process needs none. */
  snapshots(): Promise<Snapshots> {
    this.#snapshots ??= this.#start();
    return this.#snapshots;
  }

  async #start(): Promise<Snapshots> {
    const snapshotter = await this.snapshotter();
    if (snapshotter === undefined)
      throw new VarveError('SNAPSHOTTER_NONE', 'No plugin turns what processes change into layers', {
        hint: 'Add the snapshot plugin to the preset.',
      });
    return snapshotter.start({ driver: await this.storage(), build: this.build });
  }

  async storage(): Promise<StorageDriver> {
    return (await this.#on.host.storage(this.build.request.storage)).provider;
  }

  async executor(): Promise<Executor> {
    return (await this.#on.host.executor(this.build.request.executor)).provider;
  }

  async record(record: CacheRecord): Promise<void> {
    await recordAll(this, record);
  }

  #ran(name: string): Promise<StageState> {
    return (
      this.#stages?.run(name) ??
      Promise.reject(new VarveError('PLAN_STAGE_UNKNOWN', `Stage "${name}" was asked for before there was a plan`))
    );
  }
}
