import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { Image, Layer } from '../image/index.ts';
import type { BuildInfo } from './contracts/build.ts';
import type { BuildEvent } from './contracts/event.ts';
import type { Executor } from './contracts/executor.ts';
import type { Exporter, ExportRequest } from './contracts/exporter.ts';
import type { BuildSource, Frontend } from './contracts/frontend.ts';
import type { HostRequest } from './contracts/host.ts';
import type { Plan, Step } from './contracts/plan.ts';
import type { Snapshotter } from './contracts/snapshotter.ts';
import type { StepHandler } from './contracts/step.ts';
import type { StorageDriver } from './contracts/storage.ts';
import type { Transport, TransportRequest } from './contracts/transport.ts';

/** "Who takes this?" In order, the first tap that returns a provider wins; `undefined` means "not me". */
export type Who<Request, Provider> = AsyncSeriesBailHook<[Request], Provider | undefined>;
/** "What should this become?" Each tap receives the previous tap's value and returns a new one. */
export type What<Value> = AsyncSeriesWaterfallHook<[Value, BuildInfo]>;

/** The eleven questions of a build. They live as long as the kernel: compiling a hook costs far more than calling it. */
export class Hooks {
  /** Who reads this source? Asked once per build, before anything is pulled or run. */
  readonly frontend: Who<BuildSource, Frontend> = new AsyncSeriesBailHook(['source'], 'frontend');
  /** Who does this kind of step? */
  readonly handler: Who<Step, StepHandler> = new AsyncSeriesBailHook(['step'], 'handler');
  /** Who can start a process on this host? */
  readonly executor: Who<HostRequest, Executor> = new AsyncSeriesBailHook(['host'], 'executor');
  /** Who turns what a process changed into a layer? */
  readonly snapshotter: Who<HostRequest, Snapshotter> = new AsyncSeriesBailHook(['host'], 'snapshotter');
  /** Who can keep root filesystems on this host? */
  readonly storage: Who<HostRequest, StorageDriver> = new AsyncSeriesBailHook(['host'], 'storage');
  /** Who has, fetches or takes the image that this reference names? */
  readonly transport: Who<TransportRequest, Transport> = new AsyncSeriesBailHook(['request'], 'transport');
  /** Who writes this kind of output? */
  readonly exporter: Who<ExportRequest, Exporter> = new AsyncSeriesBailHook(['request'], 'exporter');
  /** What should be built? */
  readonly plan: What<Plan> = new AsyncSeriesWaterfallHook(['plan', 'build'], 'plan');
  /** What should this step's layer contain? */
  readonly layer: What<Layer> = new AsyncSeriesWaterfallHook(['layer', 'build'], 'layer');
  /** What should be exported? */
  readonly image: What<Image> = new AsyncSeriesWaterfallHook(['image', 'build'], 'image');
  /** Watching: cannot slow or fail a build. */
  readonly event: AsyncParallelHook<[BuildEvent]> = new AsyncParallelHook(['event'], 'event');
}
