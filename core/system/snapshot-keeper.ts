import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ChainID, SnapshotKey } from '../image/digest.ts';
import { VarveError } from '../src/errors.ts';
import { diskUsage } from './disk-usage.ts';
import type { SnapshotInfo } from './snapshot-info.ts';

interface Aborting {
  readonly signal?: AbortSignal | undefined;
}
/** What is asked of a storage driver that keeps each snapshot in a folder of its own. */
export interface FolderDriver {
  readonly name: string;
  list(): AsyncIterable<SnapshotInfo>;
  directory(id: ChainID | SnapshotKey): Promise<string>;
  remove(id: ChainID | SnapshotKey): Promise<void>;
}

/** The snapshots of a driver as items (`StoredItem`): committed ones may be collected, those in use are held. */
export class SnapshotKeeper {
  readonly name: string;
  readonly #driver: FolderDriver;
  /** Absolute path of everything that the driver keeps. */
  readonly #root: string;

  constructor(driver: FolderDriver, root: string) {
    this.name = driver.name;
    this.#driver = driver;
    this.#root = root;
  }

  async items(options: Aborting = {}) {
    const snapshots = await this.#list();
    const items = await Promise.all(snapshots.map(async (info) => await this.#item(info, options)));
    const all = await diskUsage(this.#root, options);
    if (all === 0) return items;
    const own = all - items.reduce((sum, { size }) => sum + size, 0);
    const rest = { id: `${this.name}/folders`, kind: 'store', title: `folders of ${this.name}`, size: Math.max(0, own), needs: [] };
    return [...items, { ...rest, usedAt: Date.now(), held: 'holds the snapshots' }];
  }

  /** Whatever stands on top goes first; a snapshot that has become a parent meanwhile stays. */
  async remove(ids: readonly string[], { signal }: Aborting = {}): Promise<void> {
    const wanted = new Set(ids);
    const snapshots = (await this.#list()).filter((info) => wanted.has(this.#idOf(info.id)));
    for (const { id } of childrenFirst(snapshots)) {
      signal?.throwIfAborted();
      try {
        await this.#driver.remove(id);
      } catch (failure) {
        if (!VarveError.is(failure) || failure.code !== 'STORAGE_IN_USE') throw failure;
      }
    }
  }

  async #list(): Promise<readonly SnapshotInfo[]> {
    const all: SnapshotInfo[] = [];
    for await (const info of this.#driver.list()) all.push(info);
    return all;
  }

  async #item({ id, kind, parent }: SnapshotInfo, options: Aborting) {
    const directory = await this.#driver.directory(id).catch(() => undefined); // gone meanwhile
    const folder = directory === undefined ? undefined : dirname(directory);
    return {
      id: this.#idOf(id),
      aliases: directory === undefined ? [] : [`directory${directory}`],
      kind: 'snapshot',
      title: `${this.name} snapshot ${shortName(id)}`,
      size: folder === undefined || kind === 'view' ? 0 : await diskUsage(folder, options),
      usedAt: folder === undefined ? 0 : (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0),
      needs: parent === null ? [] : [this.#idOf(parent)],
      held: kind === 'committed' ? undefined : 'is open',
    };
  }

  #idOf = (id: string): string => `snapshot/${this.name}/${id}`;
}

/** As names are shown: a digest by its first twelve digits. */
const shortName = (id: string): string => id.replace(/^sha256:([0-9a-f]{12}).*$/, '$1');

function childrenFirst(snapshots: readonly SnapshotInfo[]): readonly SnapshotInfo[] {
  const byId = new Map(snapshots.map((info) => [info.id as string, info]));
  const depths = new Map<string, number>();
  const depthOf = (info: SnapshotInfo | undefined): number => {
    const path: string[] = [];
    let at = info;
    while (at !== undefined && !depths.has(at.id)) {
      path.push(at.id);
      at = at.parent === null ? undefined : byId.get(at.parent);
    }
    let depth = at === undefined ? 0 : (depths.get(at.id) ?? 0);
    for (const id of path.reverse()) depths.set(id, ++depth);
    return info === undefined ? 0 : (depths.get(info.id) ?? 0);
  };
  return [...snapshots].sort((a, b) => depthOf(b) - depthOf(a));
}
