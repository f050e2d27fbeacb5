import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredItem } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { diskUsage } from '@varve/core/system';
import { isAbandoned } from '../owner.ts';
import type { StoreRoot } from '../store-root.ts';
import type { StoreFiles } from './store-files.ts';

/** Files of the store that nothing refers to: what failed loads and killed processes left. */
export class Leftovers {
  readonly #root: StoreRoot;

  constructor(root: StoreRoot) {
    this.#root = root;
  }

  /** What nobody took of the files. */
  async items({ blobs, indexes, temporary }: StoreFiles, options?: Abortable): Promise<readonly StoredItem[]> {
    const plain = [...itemsOf('blobs', blobs), ...itemsOf('index', indexes)];
    const places = itemsOf('tmp', temporary).map(async (item) => {
      const name = item.id.slice(item.id.lastIndexOf('/') + 1);
      const held = isAbandoned(name, Date.now() - item.usedAt) ? undefined : 'belongs to a running varve';
      return { ...item, held, size: await diskUsage(join(this.#root.temporary, name), options) };
    });
    return [...plain, ...(await Promise.all(places))];
  }

  /** `folder/name` each. */
  remove(names: readonly string[]): void {
    for (const name of names) {
      const [, folder = '', file = ''] = /^(blobs|index|tmp)\/([^/]+)$/.exec(name) ?? [];
      const { blobs, indexes, temporary } = this.#root;
      const directories = { blobs: Object.values(blobs), index: [indexes], tmp: [temporary] }[folder] ?? [];
      if (file === '.' || file === '..') continue;
      for (const directory of directories) rmSync(join(directory, file), { recursive: true, force: true });
    }
  }
}

const itemsOf = (folder: string, files: StoreFiles['blobs']): readonly StoredItem[] =>
  [...files].map(([name, { size, time }]) => {
    const title = `${folder}/${name}`;
    return { id: `leftover/${title}`, kind: 'leftover', title, size, usedAt: time, needs: [] };
  });
