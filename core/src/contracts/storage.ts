import type { Content, FileEntry, LayerIndex } from '../../archive/index.ts';
import type { Abortable, ChainID, SnapshotKey } from '../../image/index.ts';
import type { Mount, SnapshotInfo } from '../../system/index.ts';

export type { Mount, SnapshotInfo };

/**
 * Stores filesystem snapshots that stack on each other.
 *
 * A snapshot is *active* from `prepare` until `commit` or `remove`; only committed ones can be parents, and committed ones never change.
 * Active snapshots are named by a SnapshotKey, committed ones by a ChainID. A driver never mounts: it returns mounts for whoever runs
 * the step. Several processes may use one store at once; any of them may be killed at any moment, and what it left is swept by
 * `recover`.
 */
export interface StorageDriver extends AsyncDisposable {
  readonly name: string;
  readonly capabilities: {
    /** Works without root. */
    readonly rootless: boolean;
    /** `changes` is there: what was changed is known without comparing trees. */
    readonly nativeChanges: boolean;
  };
  /**
   * Opens a writable snapshot that starts with `parent`'s content, or empty for `null`.
   * It may have to copy the parent: when that is aborted the key is free again. With `lasting` it stays until it is removed, also when
   * this process has ended.
   * @throws VarveError `STORAGE_EXISTS` if `key` is taken, `STORAGE_NOT_FOUND` if `parent` is not committed
   */
  prepare(key: SnapshotKey, parent: ChainID | null, options?: Abortable & { readonly lasting?: boolean }): Promise<readonly Mount[]>;
  /** What `prepare` returned, for mounting a lasting snapshot once more: nobody else may have it mounted. @throws VarveError `STORAGE_NOT_FOUND` */
  mounts(key: SnapshotKey): Promise<readonly Mount[]>;
  /** Mounts that show a committed snapshot read-only, under a key that `remove` ends. */
  view(key: SnapshotKey, parent: ChainID): Promise<readonly Mount[]>;
  /**
   * Atomic: afterwards `key` is gone and `name` is readable, or nothing happened. A name that is committed already stays as it is and
   * `key` is gone. The snapshot must not be mounted.
   */
  commit(key: SnapshotKey, name: ChainID): Promise<void>;
  stat(id: ChainID | SnapshotKey): Promise<SnapshotInfo | undefined>;
  /** Idempotent. @throws VarveError `STORAGE_IN_USE` while a child exists */
  remove(id: ChainID | SnapshotKey): Promise<void>;
  list(): AsyncIterable<SnapshotInfo>;
  /** Writes a layer's entries into an active snapshot that is not mounted. */
  apply(key: SnapshotKey, index: LayerIndex, content: (file: FileEntry) => Content, options?: Abortable): Promise<void>;
  /**
   * What changed in an active snapshot since `prepare`, as a layer's index. Without it core compares the two trees.
   */
  changes?(key: SnapshotKey, options?: Abortable): Promise<LayerIndex>;
  /**
   * A directory of this host in which every file that this snapshot added or changed over its parent is found at its path, for as long as
   * the snapshot exists. Without it the contents of a layer must be stored before its workspace is closed.
   */
  directory?(id: ChainID | SnapshotKey): Promise<string>;
  /** Removes what killed processes left: actives nobody holds that are not lasting, half-written directories. Called once, before first use. */
  recover?(): Promise<void>;
}
