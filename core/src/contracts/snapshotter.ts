import type { FileTree } from '../../archive/index.ts';
import type { Abortable, ChainID, Layer, SnapshotKey } from '../../image/index.ts';
import type { BuildInfo } from './build.ts';
import type { LayerDraft } from './step.ts';
import type { StorageDriver } from './storage.ts';

/** A writable snapshot, mounted. Disposing it without `commit` throws the changes away; nothing stays mounted. */
export interface Workspace extends AsyncDisposable {
  /** Absolute directory that shows the filesystem. */
  readonly root: string;
}

/** A writable snapshot that outlives whoever opened it: the files of a container. */
export interface KeptSnapshot {
  readonly key: SnapshotKey;
  readonly parent: ChainID | null;
  /** Nanoseconds since 1970, in decimal digits: what is changed in it has this ctime or a later one. */
  readonly openedAt: string;
}

export interface SnapshotterOptions {
  readonly driver: StorageDriver;
  /** With an `epoch`, newer times in what is captured become that one, in the files of a workspace too. */
  readonly build: Pick<BuildInfo, 'emit' | 'epoch'>;
}

/** The snapshots of one build: the same object from `start` until the build ends. */
export interface Snapshots {
  /**
   * Brings layers onto the driver, bottom first, where they are not there yet. Several builds may want the same at once. Layers may come
   * together, as one snapshot: then the driver does not have the chains in between.
   */
  unpack(layers: readonly Layer[], options?: Abortable): Promise<ChainID | null>;
  open(parent: ChainID | null, options?: Abortable): Promise<Workspace>;
  /** Shows a committed snapshot, in which nothing may be changed. Without it core opens one that is thrown away. */
  view?(parent: ChainID, options?: Abortable): Promise<Workspace>;
  /** Opens a snapshot that stays until the driver removes it. Nothing is mounted. */
  keep(key: SnapshotKey, parent: ChainID | null, options?: Abortable): Promise<KeptSnapshot>;
  /** Mounts a kept snapshot, which nobody else may have mounted; disposal only unmounts it. */
  show(kept: KeptSnapshot): Promise<Workspace>;
  /**
   * What changed since `open` or `keep`. Readable while the workspace is open, or the snapshot kept. `lower` is the tree it was opened on. A
   * kept snapshot may be shown by somebody else meanwhile.
   */
  capture(opened: Workspace | KeptSnapshot, lower: FileTree, options?: Abortable): Promise<LayerDraft>;
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
