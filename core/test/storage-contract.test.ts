import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Content, extractLayer, type FileEntry, type LayerIndex } from '../archive/index.ts';
import type { Abortable, ChainID, SnapshotKey } from '../image/index.ts';
import { type Mount, type SnapshotInfo, type StorageDriver, VarveError } from '../src/index.ts';
import { storageDriverContract } from '../testing/index.ts';

/** What a stranger's first driver looks like: `cp -a`, and a list in memory that all drivers on one store share. */
class NaiveDriver implements StorageDriver {
  static readonly #stores = new Map<string, Map<string, SnapshotInfo>>();
  readonly name = 'naive';
  readonly capabilities = { rootless: false, nativeChanges: false };
  readonly #root: string;
  readonly #known: Map<string, SnapshotInfo>;

  constructor(root: string) {
    this.#root = join(root, 'naive');
    this.#known = NaiveDriver.#stores.get(root) ?? new Map();
    NaiveDriver.#stores.set(root, this.#known);
    mkdirSync(this.#root, { recursive: true });
  }

  async prepare(key: SnapshotKey, parent: ChainID | null, { signal }: Abortable = {}): Promise<readonly Mount[]> {
    signal?.throwIfAborted();
    this.#add({ id: key, kind: 'active', parent });
    if (parent === null) mkdirSync(this.#path(key), { mode: 0o755 });
    else execFileSync('cp', ['-a', this.#path(parent), this.#path(key)]);
    return await this.mounts(key);
  }

  async mounts(key: SnapshotKey): Promise<readonly Mount[]> {
    this.#get(key, 'active');
    return [{ type: 'bind', source: this.#path(key), options: ['bind'] }];
  }

  async view(key: SnapshotKey, parent: ChainID): Promise<readonly Mount[]> {
    this.#add({ id: key, kind: 'view', parent });
    return [{ type: 'bind', source: this.#path(parent), options: ['bind', 'ro'] }];
  }

  async commit(key: SnapshotKey, name: ChainID): Promise<void> {
    const { parent } = this.#get(key, 'active');
    if (this.#known.has(name)) rmSync(this.#path(key), { recursive: true });
    else renameSync(this.#path(key), this.#path(name));
    this.#known.delete(key);
    if (!this.#known.has(name)) this.#known.set(name, { id: name, kind: 'committed', parent });
  }

  async stat(id: ChainID | SnapshotKey): Promise<SnapshotInfo | undefined> {
    return this.#known.get(id);
  }

  async remove(id: ChainID | SnapshotKey): Promise<void> {
    if ([...this.#known.values()].some(({ parent }) => parent === id)) throw new VarveError('STORAGE_IN_USE', `${id} has children`);
    if (this.#known.delete(id) && existsSync(this.#path(id))) rmSync(this.#path(id), { recursive: true });
  }

  async *list(): AsyncGenerator<SnapshotInfo, void, undefined> {
    yield* this.#known.values();
  }

  async apply(key: SnapshotKey, index: LayerIndex, content: (file: FileEntry) => Content, { signal }: Abortable = {}): Promise<void> {
    this.#get(key, 'active');
    await extractLayer(index, content, this.#path(key), { signal, whiteouts: 'apply' });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #add(info: SnapshotInfo): void {
    if (info.parent !== null) this.#get(info.parent, 'committed');
    if (this.#known.has(info.id)) throw new VarveError('STORAGE_EXISTS', `${info.id} is taken`);
    this.#known.set(info.id, info);
  }

  #get(id: string, kind: SnapshotInfo['kind']): SnapshotInfo {
    const info = this.#known.get(id);
    if (info?.kind !== kind) throw new VarveError('STORAGE_NOT_FOUND', `There is no ${kind} snapshot ${id}`);
    return info;
  }

  #path(id: string): string {
    return join(this.#root, Buffer.from(id).toString('hex').slice(-100));
  }
}

storageDriverContract(test, { name: 'naive', open: (root) => new NaiveDriver(root), needs: ['linux', 'root'] });
