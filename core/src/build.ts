import { availableParallelism } from 'node:os';
import type { CacheKey } from '../image/index.ts';
import { once } from '../image/once.ts';
import { finishCaches, UsedRecords } from './cache.ts';
import type { BuildInfo, BuildResult } from './contracts/build.ts';
import type { Emit } from './contracts/event.ts';
import type { Executor } from './contracts/executor.ts';
import type { ExportResult } from './contracts/exporter.ts';
import type { Host } from './contracts/host.ts';
import type { StorageDriver } from './contracts/storage.ts';
import type { CacheStore, FileDigests, LayerStore } from './contracts/store.ts';
import { VarveError } from './errors.ts';
import { finishImage, outputsOf } from './finish-image.ts';
import type { Hooks } from './hooks.ts';
import { Limit } from './limit.ts';
import { planOf } from './plan-build.ts';
import { Stages } from './run-plan.ts';
import type { Made } from './run-step.ts';
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

/** One build: from a source to an image and its outputs. What the parts of it share is here. */
export class Build implements BuildParts {
  readonly build: BuildInfo;
  readonly host: Host;
  readonly hooks: Hooks;
  readonly layers: LayerStore;
  readonly digests: FileDigests;
  readonly caches: readonly CacheStore[];
  readonly controller: AbortController;
  readonly emit: Emit;
  readonly trees = new Trees(this);
  readonly stages = new Stages(this);
  readonly used: UsedRecords;
  readonly #limit: Limit;
  readonly #sharing = new Map<CacheKey, Promise<Made>>();

  constructor({ build, host, hooks, layers, digests, caches, controller }: BuildParts) {
    this.build = build;
    this.host = host;
    this.hooks = hooks;
    this.layers = layers;
    this.digests = digests;
    this.caches = caches;
    this.used = new UsedRecords(caches);
    this.controller = controller;
    this.emit = build.emit;
    this.#limit = new Limit(Math.max(1, build.request.parallel ?? Math.max(4, 2 * availableParallelism())));
  }

  async run(): Promise<BuildResult> {
    const { request, signal } = this.build;
    this.emit({ type: 'build-started', file: request.source.file, progress: request.options?.progress });
    signal?.throwIfAborted();
    const writers = await outputsOf(this);
    const plan = await planOf(this);
    this.emit({ type: 'planned', plan });
    this.trees.hide(plan);
    const image = await finishImage(await this.stages.target(plan), this);
    signal?.throwIfAborted();
    const outputs: ExportResult[] = [];
    for (const write of writers) outputs.push(await write(image));
    await finishCaches(this, image);
    const descriptor = await image.descriptor();
    const id = await image.id();
    this.emit({ type: 'build-finished', digest: descriptor.digest, id });
    return { image, descriptor, id, outputs };
  }

  /** Whether the cache may be asked for steps of this stage. */
  isCached(stage: string): boolean {
    const { noCache = false } = this.build.request;
    return typeof noCache === 'boolean' ? !noCache : !noCache.some((name) => name.toLowerCase() === stage.toLowerCase());
  }

  /** Does work under the build's limit; stages that come to the same key share it. */
  share(key: CacheKey, work: () => Promise<Made>): Promise<Made> {
    const known = this.#sharing.get(key);
    if (known) return known.then((made) => ({ ...made, below: undefined }));
    const running = this.#limit.run(work);
    this.#sharing.set(key, running);
    return running;
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
