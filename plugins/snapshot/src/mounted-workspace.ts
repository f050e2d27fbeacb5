import { rmdirSync } from 'node:fs';
import type { Emit, KeptSnapshot, Mount, StorageDriver, Workspace } from '@varve/core';
import type { FileTree } from '@varve/core/archive';
import { type Abortable, asSnapshotKey, type ChainID, type SnapshotKey } from '@varve/core/image';
import { mountAll, plainDirectory, uniqueName, unmount } from '@varve/core/system';
import type { MountPoints } from './mount-points.ts';

export interface WorkspaceParts {
  readonly driver: StorageDriver;
  readonly emit: Emit;
  readonly mountPoints: MountPoints;
}

/** Where a snapshot is shown. */
interface Shown {
  readonly root: string;
  /** How many mounts are on it; 0 where the directory itself is the snapshot. */
  readonly mounted: number;
}

/** An active snapshot and where it is shown. */
export class MountedWorkspace implements Workspace {
  readonly key: SnapshotKey;
  readonly root: string;
  readonly parent: ChainID | null;
  /** Nanoseconds since 1970; what is changed in the workspace has this ctime or a later one. */
  readonly openedAt: bigint;
  /** The tree it stands on, once it was captured. */
  lower: FileTree | undefined;
  readonly #parts: WorkspaceParts;
  #mounted: number;
  /** Thrown away with this object. */
  #isOwn: boolean;

  private constructor(
    { key, parent, openedAt }: Pick<MountedWorkspace, 'key' | 'parent' | 'openedAt'>,
    { parts, shown, isOwn }: { readonly parts: WorkspaceParts; readonly shown: Shown; readonly isOwn: boolean },
  ) {
    this.key = key;
    this.parent = parent;
    this.openedAt = openedAt;
    this.root = shown.root;
    this.#parts = parts;
    this.#mounted = shown.mounted;
    this.#isOwn = isOwn;
  }

  /** Nothing is left of it when this fails. */
  static async open(parent: ChainID | null, parts: WorkspaceParts, { signal }: Abortable = {}): Promise<MountedWorkspace> {
    const { driver, emit, mountPoints } = parts;
    const key = asSnapshotKey(`work-${uniqueName()}`);
    const mounts = await driver.prepare(key, parent, { signal });
    emit({ type: 'snapshot-opened', driver: driver.name, id: key });
    try {
      signal?.throwIfAborted();
      const openedAt = mountPoints.now(); // after the parent was copied, and before there is a mount that a failure would leave
      const shown = await show(mounts, mountPoints);
      if (shown.mounted > 0) emit({ type: 'mounted', driver: driver.name, id: key });
      return new MountedWorkspace({ key, parent, openedAt }, { parts, shown, isOwn: true });
    } catch (failure) {
      await driver.remove(key);
      throw failure;
    }
  }

  /** Shows a committed snapshot, read-only where the driver mounts it. */
  static async view(parent: ChainID, parts: WorkspaceParts): Promise<MountedWorkspace> {
    const { driver, emit, mountPoints } = parts;
    const key = asSnapshotKey(`view-${uniqueName()}`);
    const mounts = await driver.view(key, parent);
    try {
      const shown = await show(mounts, mountPoints);
      if (shown.mounted > 0) emit({ type: 'mounted', driver: driver.name, id: key });
      return new MountedWorkspace({ key, parent, openedAt: 0n }, { parts, shown, isOwn: true });
    } catch (failure) {
      await driver.remove(key);
      throw failure;
    }
  }

  /** Shows a snapshot that stays. */
  static async show({ key, parent, openedAt }: KeptSnapshot, parts: WorkspaceParts): Promise<MountedWorkspace> {
    const { driver, emit, mountPoints } = parts;
    const shown = await show(await driver.mounts(key), mountPoints);
    if (shown.mounted > 0) emit({ type: 'mounted', driver: driver.name, id: key });
    return new MountedWorkspace({ key, parent, openedAt: BigInt(openedAt) }, { parts, shown, isOwn: false });
  }

  /** Unmounts, and gives the snapshot its name. */
  async commit(name: ChainID): Promise<void> {
    await this.#unmount();
    await this.#parts.driver.commit(this.key, name);
    this.#isOwn = false;
    this.#parts.emit({ type: 'snapshot-committed', driver: this.#parts.driver.name, id: name });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unmount();
    if (this.#isOwn) await this.#parts.driver.remove(this.key);
    this.#isOwn = false;
  }

  async #unmount(): Promise<void> {
    if (this.#mounted === 0) return;
    await hide(this.root, this.#mounted);
    this.#mounted = 0;
    this.#parts.emit({ type: 'unmounted', driver: this.#parts.driver.name, id: this.key });
  }
}

/** One bind is its directory: there is nothing to mount, and no root needed. */
async function show(mounts: readonly Mount[], mountPoints: MountPoints): Promise<Shown> {
  const plain = plainDirectory(mounts);
  if (plain !== undefined) return { root: plain, mounted: 0 };
  const root = mountPoints.make();
  try {
    mountAll(mounts, root);
    return { root, mounted: mounts.length };
  } catch (failure) {
    await hide(root, mounts.length);
    throw failure;
  }
}

async function hide(root: string, mounted: number): Promise<void> {
  for (let i = 0; i < mounted; i++) await unmount(root);
  rmdirSync(root);
}

/** Lets somebody look at a committed snapshot, and puts everything back. */
export async function withView<T>(parent: ChainID, parts: WorkspaceParts, look: (root: string) => Promise<T>): Promise<T> {
  const key = asSnapshotKey(`view-${uniqueName()}`);
  const mounts = await parts.driver.view(key, parent);
  try {
    return await withMounts(mounts, parts, look);
  } finally {
    await parts.driver.remove(key);
  }
}

/** Lets somebody look at what a driver's mounts show. */
export async function withMounts<T>(
  mounts: readonly Mount[],
  { mountPoints }: WorkspaceParts,
  look: (root: string) => Promise<T>,
): Promise<T> {
  const { root, mounted } = await show(mounts, mountPoints);
  try {
    return await look(root);
  } finally {
    if (mounted > 0) await hide(root, mounted);
  }
}
