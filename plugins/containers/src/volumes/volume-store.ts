import { chmodSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { extractLayer, type FileEntry, type FileTree, resolvePath, walk } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import { lock, removeTree } from '@varve/core/system';
import { randomId } from '../state/names.ts';
import type { Places } from '../state/places.ts';
import type { VolumeRecord, VolumeTable } from '../state/volume-table.ts';

interface Filling {
  readonly tree: FileTree;
  readonly target: string;
  /** A container that runs uses the volume. */
  isBusy(): boolean;
}

/** Directories that outlive containers. A volume is there when its row is; the directory comes before it and goes after it. */
export class VolumeStore {
  readonly table: VolumeTable;
  readonly #places: Places;

  constructor(table: VolumeTable, places: Places) {
    this.table = table;
    this.#places = places;
  }

  /** One that is there stays as it is. Without a name it gets one, and is anonymous. */
  create({ name, labels = {} }: { readonly name?: string | undefined; readonly labels?: VolumeRecord['labels'] }): VolumeRecord {
    const record = { name: name ?? randomId(), createdAt: Date.now(), anonymous: name === undefined, labels };
    const known = this.table.byName(record.name);
    if (known !== undefined) return known;
    mkdirSync(this.#places.volumeData(record.name), { recursive: true, mode: 0o711 });
    chmodSync(this.#places.volumeData(record.name), 0o755);
    return this.table.add(record) ? record : this.get(record.name);
  }

  /** @throws VarveError `VOLUME_UNKNOWN` */
  get(name: string): VolumeRecord {
    const record = this.table.byName(name);
    if (record !== undefined) return record;
    throw new VarveError('VOLUME_UNKNOWN', `get ${name}: no such volume`, { hint: '`varve volume ls` lists those that are here.' });
  }

  /**
   * Gives an empty volume what a filesystem has at the path where it will be mounted. Not while somebody works in it: he could put a
   * symlink where a directory is written.
   */
  async fill(name: string, { tree, target, isBusy, signal }: Abortable & Filling): Promise<void> {
    const { path, entry } = resolvePath(tree, target);
    if (entry?.type !== 'directory') return;
    const dir = this.#places.volumeData(name);
    using _held = await lock(join(this.#places.volume(name), 'lock'), { signal });
    if (readdirSync(dir).length > 0 || isBusy()) return;
    const files = new Map<string, FileEntry>();
    const index = [...walk(tree, path)].map((found) => {
      const inside = found.path.slice(path.length).replace(/^\//, '');
      if (found.type === 'file') files.set(inside, found);
      return { ...found, path: inside };
    });
    await tree.open();
    await extractLayer(index, (file) => tree.content(files.get(file.path) ?? file), dir, { whiteouts: 'apply', owners: owners(), signal });
    chmodSync(dir, entry.mode & 0o7777);
    if (owners() === 'kept') lchownSync(dir, entry.uid, entry.gid);
  }

  /** The row first: a directory without one is nobody's. `false`: it is used, or not there. */
  async remove(name: string, isUsed: () => boolean): Promise<boolean> {
    if (!this.table.remove(name, isUsed)) return false;
    await removeTree(this.#places.volume(name));
    return true;
  }

  /** Bytes of all that is in it, as files have them. */
  size(name: string): number {
    return sizeOf(this.#places.volumeData(name));
  }
}

const owners = (): 'kept' | 'mine' => (process.getuid?.() === 0 ? 'kept' : 'mine');

function sizeOf(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
