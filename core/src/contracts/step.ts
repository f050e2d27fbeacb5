import type { Content, FileEntry, FileTree, LayerIndex } from '../../archive/index.ts';
import type { Abortable, ImageConfig } from '../../image/index.ts';
import type { BuildInfo } from './build.ts';
import type { BuildWarning } from './event.ts';
import type { Executor } from './executor.ts';
import type { Step, TreeRef } from './plan.ts';
import type { Workspace } from './snapshotter.ts';

/** Named parts of a cache key, so that a miss can be explained: `{ command: '…', 'env.PATH': '…', 'file package.json': 'sha256:…' }`. */
export type KeyParts = Readonly<Record<string, string>>;

/** What a handler may look at before the cache is asked. */
export interface StepInputs extends Abortable {
  readonly build: BuildInfo;
  /** The config as the steps before have left it. */
  readonly config: ImageConfig;
  /** The stage's filesystem so far, as the merge of its indexes: no directory, no mount. */
  tree(): Promise<FileTree>;
  /** Another filesystem: the context, a stage (built first), an image. */
  treeOf(ref: TreeRef): Promise<FileTree>;
  warn(warning: BuildWarning): void;
}

/** What a handler works with. */
export interface StepScope extends StepInputs {
  /** A directory that shows the stage's filesystem, for a process to change. Made and mounted on the first call. */
  workspace(): Promise<Workspace>;
  /**
   * A directory that shows another filesystem, in which nothing may be changed: of a stage or an image, among the step's inputs as for
   * `treeOf`. Whoever asked disposes of it. `undefined` for a directory of this host and for what has no files.
   */
  viewOf(ref: TreeRef): Promise<Workspace | undefined>;
  /** Whoever starts processes on this host. @throws VarveError `HOST_UNSUPPORTED` with each provider's reason */
  executor(): Promise<Executor>;
  log(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
}

/** A layer in the making: entries and where the bytes of the files among them lie. */
export interface LayerDraft {
  readonly index: LayerIndex;
  content(file: FileEntry): Content;
}

/** A step changes files or the config, never both: a cached layer could not bring its config along. */
export type StepResult =
  /** Only the config changed. */
  | { readonly kind: 'config'; readonly config: ImageConfig }
  /** A layer composed from indexes and sources; nobody needed a directory. */
  | { readonly kind: 'layer'; readonly draft: LayerDraft }
  /** A process ran in the workspace; the kernel captures what it changed. */
  | { readonly kind: 'workspace' };

export interface StepHandler<S extends Step = Step> {
  /**
   * Everything besides the layers below and the stage's platform that decides the result. Called before the cache is asked; it may read indexes
   * and digests, never a workspace. `undefined`: the step only changes the config, is never cached and always executed.
   */
  fingerprint(step: S, inputs: StepInputs): Promise<KeyParts | undefined>;
  execute(step: S, scope: StepScope): Promise<StepResult>;
}
