import { formatPlatform, type Image } from '../image/index.ts';
import { once } from '../image/once.ts';
import type { BuildInfo } from './contracts/build.ts';
import type { BuildWarning, Emit } from './contracts/event.ts';
import type { Executor } from './contracts/executor.ts';
import type { Host } from './contracts/host.ts';
import type { Plan } from './contracts/plan.ts';
import type { StorageDriver } from './contracts/storage.ts';
import type { FileDigests, LayerStore } from './contracts/store.ts';
import { VarveError } from './errors.ts';
import { finishImage } from './finish-image.ts';
import type { Hooks } from './hooks.ts';
import { planOf } from './plan-build.ts';
import { Stages } from './run-plan.ts';
import { blame } from './taps.ts';
import { Trees } from './trees.ts';
import type { Work } from './work.ts';

export interface BuildParts {
  readonly build: BuildInfo;
  readonly host: Host;
  readonly hooks: Hooks;
  readonly layers: LayerStore;
  readonly digests: FileDigests;
  /** What is done for all platforms together. */
  readonly work: Work;
  /** Of several platforms, which this is. */
  readonly isOneOfMany: boolean;
}

/** The build of one platform: from a source to an image. What the parts of it share is here. */
export class Build implements BuildParts {
  /** What the plan says of times is in it from then on. */
  build: BuildInfo;
  readonly host: Host;
  readonly hooks: Hooks;
  readonly layers: LayerStore;
  readonly digests: FileDigests;
  readonly work: Work;
  readonly isOneOfMany: boolean;
  readonly emit: Emit;
  readonly trees = new Trees(this);
  readonly stages = new Stages(this);
  readonly #plan = once(() => this.#makePlan());

  constructor({ build, host, hooks, layers, digests, work, isOneOfMany }: BuildParts) {
    this.build = build;
    this.host = host;
    this.hooks = hooks;
    this.layers = layers;
    this.digests = digests;
    this.work = work;
    this.isOneOfMany = isOneOfMany;
    this.emit = build.emit;
  }

  async plan(): Promise<void> {
    await this.#plan();
  }

  /** Everything that is in it is in the store. */
  async image(): Promise<Image> {
    return await finishImage(await this.stages.target(await this.#plan()), this);
  }

  async #makePlan(): Promise<Plan> {
    const plan = await planOf(this);
    this.build = { ...this.build, epoch: this.build.epoch ?? plan.epoch };
    this.emit({ type: 'planned', plan });
    this.trees.hide(plan);
    return plan;
  }

  /** Says what several platforms have in common once. */
  warn(warning: BuildWarning): void {
    if (this.isOneOfMany && !this.work.isNew(warning)) return;
    this.emit({ type: 'warning', ...warning });
  }

  /** Stops everything, on all platforms. A step that was stopped is not why, so that the reason is what went wrong first. */
  fail(failure: unknown): void {
    const { controller } = this.work;
    if (controller.signal.aborted || (VarveError.is(failure) && failure.code === 'STEP_STOPPED')) return;
    controller.abort(this.isOneOfMany ? this.#name(failure) : failure);
  }

  #name(failure: unknown): VarveError {
    const error = blame(failure, undefined, 'the build');
    const { platform } = this.build;
    return new VarveError(error.code, `${formatPlatform(platform)}: ${error.message}`, { ...error, cause: error.cause ?? error });
  }

  /** Whether the cache may be asked for steps of this stage. */
  isCached(stage: string): boolean {
    const { noCache = false } = this.build.request;
    return typeof noCache === 'boolean' ? !noCache : !noCache.some((name) => name.toLowerCase() === stage.toLowerCase());
  }

  /** Whoever turns changes into layers, where there is such a plugin. */
  readonly snapshotter = once(() => this.hooks.snapshotter.promise({ root: this.host.root, decline: () => undefined }));

  /** Storage is chosen on the first call: a build that runs no process needs none. */
  readonly snapshots = once(async () => {
    const snapshotter = await this.snapshotter();
    if (snapshotter === undefined)
      throw new VarveError('SNAPSHOTTER_NONE', 'No plugin turns what processes change into layers', {
        hint: 'Add the snapshot plugin to the preset.',
      });
    return snapshotter.start({ driver: await this.storage(), build: this.build });
  });

  async storage(): Promise<StorageDriver> {
    return (await this.host.storage(this.build.request.storage)).provider;
  }

  async executor(): Promise<Executor> {
    return (await this.host.executor(this.build.request.executor)).provider;
  }
}
