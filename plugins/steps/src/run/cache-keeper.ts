import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper, StoredItem } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { blocksOf, diskUsage, removeTree, tryLock } from '@varve/core/system';

/** The directories of `RUN --mount=type=cache`, which outlive builds. */
export class CacheKeeper implements Keeper {
  readonly name = 'cache-mounts';
  readonly #home: string;

  /** @param root of the store */
  constructor(root: string) {
    this.#home = join(root, 'cache-mounts');
  }

  async items(options?: Abortable): Promise<readonly StoredItem[]> {
    if (!existsSync(this.#home)) return [];
    const items = await Promise.all(readdirSync(this.#home).map(async (name) => await this.#item(name, options)));
    const held = 'holds the cache mounts';
    const folder = { id: 'cache-mounts/folder', kind: 'store', title: 'folder of cache mounts', size: blocksOf(this.#home), needs: [] };
    return [...items, { ...folder, usedAt: Date.now(), held }];
  }

  /** One that a process uses stays. */
  async remove(ids: readonly string[], { signal }: Abortable = {}): Promise<void> {
    const names = existsSync(this.#home) ? readdirSync(this.#home) : [];
    for (const name of names.filter((each) => ids.includes(idOf(each)))) {
      signal?.throwIfAborted();
      const locks = slotsIn(join(this.#home, name)).map((slot) => tryLock(join(this.#home, name, `${slot}.lock`)));
      if (locks.every((lock) => lock !== undefined)) await removeTree(join(this.#home, name));
      for (const lock of locks) lock?.release();
    }
  }

  async #item(name: string, options?: Abortable): Promise<StoredItem> {
    const path = join(this.#home, name);
    return {
      id: idOf(name),
      kind: 'cache-mount',
      title: `cache mount ${name.slice(0, 12)}`,
      size: await diskUsage(path, options),
      usedAt: Math.max(0, ...slotsIn(path).map((slot) => statSync(join(path, `${slot}.lock`), { throwIfNoEntry: false })?.mtimeMs ?? 0)),
      needs: [],
      ...(slotsIn(path).some((slot) => isLocked(join(path, `${slot}.lock`))) && { active: 'is mounted' }),
    };
  }
}

const idOf = (name: string): string => `cache-mount/${name}`;
/** A directory has several where builds that may not share it ran at once. */
const slotsIn = (path: string): readonly string[] =>
  existsSync(path)
    ? readdirSync(path)
        .filter((name) => /^\d+\.lock$/.test(name))
        .map((name) => name.slice(0, -'.lock'.length))
    : [];

function isLocked(path: string): boolean {
  const lock = tryLock(path);
  lock?.release();
  return lock === undefined;
}
