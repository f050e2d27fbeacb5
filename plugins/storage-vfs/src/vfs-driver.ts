import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount, SnapshotInfo, StorageDriver } from '@varve/core';
import { type Content, extractLayer, type FileEntry, type LayerIndex } from '@varve/core/archive';
import type { Abortable, ChainID, SnapshotKey } from '@varve/core/image';
import { SnapshotCatalog, type SnapshotFolder } from '@varve/core/system';
import { copyTree } from './copy-tree.ts';
import { unmountBindsOf } from './stale-binds.ts';

/** Everything is where the directory is. */
type NoData = Record<string, never>;

const rootOf = (dir: string): string => join(dir, 'root');

/**
 * Snapshots as plain directories. `prepare` copies the parent, sharing blocks where the file system can; `commit` renames.
 *
 * Without root every file belongs to the user who builds, and there are no devices.
 */
export class VfsDriver implements StorageDriver {
  readonly name = 'vfs';
  readonly capabilities = { rootless: true, nativeChanges: false };
  readonly #catalog: SnapshotCatalog<NoData>;

  /** @param storeRoot absolute path of the store; the driver keeps to `snapshots/vfs` in it */
  constructor(storeRoot: string) {
    this.#catalog = new SnapshotCatalog(join(storeRoot, 'snapshots', 'vfs'));
  }

  async prepare(
    key: SnapshotKey,
    parent: ChainID | null,
    { signal, lasting }: Abortable & { readonly lasting?: boolean } = {},
  ): Promise<readonly Mount[]> {
    signal?.throwIfAborted();
    const { dir } = await this.#catalog.create({ key, kind: 'active', parent, data: {}, lasting, make: makeRoot });
    try {
      if (parent !== null) await copyTree(rootOf(this.#catalog.folders.committed(parent).dir), rootOf(dir), { signal });
    } catch (failure) {
      await this.#catalog.remove(key);
      throw failure;
    }
    return writable(dir);
  }

  async mounts(key: SnapshotKey): Promise<readonly Mount[]> {
    return writable(this.#catalog.folders.active(key).dir);
  }

  async view(key: SnapshotKey, parent: ChainID): Promise<readonly Mount[]> {
    await this.#catalog.create({ key, kind: 'view', parent, data: {} });
    return [{ type: 'bind', source: rootOf(this.#catalog.folders.committed(parent).dir), options: ['bind', 'ro'] }];
  }

  async commit(key: SnapshotKey, name: ChainID): Promise<void> {
    await this.#catalog.commit(key, name);
  }

  async stat(id: ChainID | SnapshotKey): Promise<SnapshotInfo | undefined> {
    const found = this.#catalog.folders.find(id);
    return found && infoOf(found);
  }

  async remove(id: ChainID | SnapshotKey): Promise<void> {
    await this.#catalog.remove(id);
  }

  async *list(): AsyncGenerator<SnapshotInfo, void, undefined> {
    yield* this.#catalog.folders.list().map(infoOf);
  }

  async apply(key: SnapshotKey, index: LayerIndex, content: (file: FileEntry) => Content, { signal }: Abortable = {}): Promise<void> {
    const owners = process.getuid?.() === 0 ? 'kept' : 'mine';
    await extractLayer(index, content, rootOf(this.#catalog.folders.active(key).dir), { signal, whiteouts: 'apply', owners });
  }

  /** The whole file system. */
  async directory(id: ChainID | SnapshotKey): Promise<string> {
    const found = this.#catalog.folders.find(id);
    return rootOf(found === undefined || found.kind === 'view' ? this.#catalog.folders.committed(id as ChainID).dir : found.dir);
  }

  async recover(): Promise<void> {
    await this.#catalog.recover(async (left) => await unmountBindsOf(left.map(({ dir }) => dir)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#catalog[Symbol.dispose]();
  }
}

const writable = (dir: string): readonly Mount[] => [{ type: 'bind', source: rootOf(dir), options: ['bind', 'rw'] }];

function makeRoot(dir: string): void {
  mkdirSync(rootOf(dir));
  chmodSync(rootOf(dir), 0o755);
}

const infoOf = ({ id, kind, parent }: SnapshotFolder<NoData>): SnapshotInfo => ({ id, kind, parent });
