import type { FileTree } from '../../archive/index.ts';
import type { Abortable, ChainID, Layer } from '../../image/index.ts';
import type { BuildInfo } from './build.ts';
import type { LayerDraft } from './step.ts';
import type { StorageDriver } from './storage.ts';

/** A writable snapshot, mounted. Disposing it without `commit` throws the changes away; nothing stays mounted. */
export interface Workspace extends AsyncDisposable {
  /** Absolute directory that shows the filesystem. */
  readonly root: string;
}

export interface SnapshotterOptions {
  readonly driver: StorageDriver;
  /** With an `epoch`, newer times in what is captured become that one, in the files too. */
  readonly build: BuildInfo;
}

/** The snapshots of one build: the same object from `start` until the build ends. */
export interface Snapshots {
  /** Brings layers onto the driver, bottom first, where they are not there yet. Several builds may want the same at once. */
  unpack(layers: readonly Layer[], options?: Abortable): Promise<ChainID | null>;
  open(parent: ChainID | null, options?: Abortable): Promise<Workspace>;
  /** What changed since `open`. Readable while the workspace is open. `lower` is the tree it was opened on. */
  capture(workspace: Workspace, lower: FileTree, options?: Abortable): Promise<LayerDraft>;
  /** Unmounts and keeps the snapshot under `name`; the result is `layer` with its contents in a place that lasts. */
  commit(workspace: Workspace, layer: Layer, name: ChainID, options?: Abortable): Promise<Layer>;
}

/**
 * Turns what processes change into layers. It decides *when* (`settle`: a layer per step, or one per stage); the kernel keeps the order
 * of open, capture, the `layer` hook, commit.
 */
export interface Snapshotter {
  readonly name: string;
  start(options: SnapshotterOptions): Snapshots;
  /**
   * The layers that a stage leaves, of those its own steps made, bottom first: all of them, or one that stands for all. Works on indexes
   * and needs no driver.
   */
  settle(layers: readonly Layer[], build: BuildInfo): Promise<readonly Layer[]>;
}
