import type { CacheKey } from '../image/index.ts';
import type { BuildInfo } from './contracts/build.ts';
import type { Emit } from './contracts/event.ts';
import type { Executor } from './contracts/executor.ts';
import type { Step } from './contracts/plan.ts';
import type { Snapshots, Snapshotter } from './contracts/snapshotter.ts';
import type { StorageDriver } from './contracts/storage.ts';
import type { CacheRecord, CacheStore, LayerStore } from './contracts/store.ts';
import type { VarveError } from './errors.ts';
import type { Hooks } from './hooks.ts';
import type { Made } from './run-step.ts';
import type { Trees } from './trees.ts';

/** What running steps takes; one for each build. */
export interface BuildTools {
  readonly build: BuildInfo;
  readonly hooks: Hooks;
  readonly emit: Emit;
  readonly layers: LayerStore;
  readonly caches: readonly CacheStore[];
  readonly trees: Trees;
  /** Whether the cache may be asked for steps of this stage. */
  isCached(stage: string): boolean;
  /** Waits for the stages that a step reads from. */
  ready(step: Step): Promise<void>;
  /** Does work under the build's limit; stages that come to the same key share it. */
  share(key: CacheKey, work: () => Promise<Made>): Promise<Made>;
  /** Storage is chosen on the first call: a build that runs no process needs none. */
  snapshots(): Promise<Snapshots>;
  executor(): Promise<Executor>;
  /** Whoever turns changes into layers, where there is such a plugin. */
  snapshotter(): Promise<Snapshotter | undefined>;
  record(record: CacheRecord): Promise<void>;
  storage(): Promise<StorageDriver>;
  /** Names the plugin that brought a provider in an error of that provider's. */
  blame(failure: unknown, provider: object, what: string): VarveError;
}
