import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper, StoredItem } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { blocksOf, diskUsage } from '@varve/core/system';

/** The whole outputs of steps, a directory for each build: of use to whoever looks into a failure, and to no program. */
export class LogKeeper implements Keeper {
  readonly name = 'logs';
  readonly #home: string;

  /** @param root of the store */
  constructor(root: string) {
    this.#home = join(root, 'logs');
  }

  async items(options?: Abortable): Promise<readonly StoredItem[]> {
    if (!existsSync(this.#home)) return [];
    const folder = { id: 'logs/folder', kind: 'store', title: 'folder of logs', size: blocksOf(this.#home), needs: [] };
    return [
      ...(await Promise.all(readdirSync(this.#home).map((name) => this.#item(name, options)))),
      { ...folder, usedAt: Date.now(), held: 'holds the logs' },
    ];
  }

  async remove(ids: readonly string[]): Promise<void> {
    const names = existsSync(this.#home) ? readdirSync(this.#home) : [];
    for (const name of names.filter((each) => ids.includes(`log/${each}`)))
      rmSync(join(this.#home, name), { recursive: true, force: true });
  }

  async #item(name: string, options?: Abortable): Promise<StoredItem> {
    const path = join(this.#home, name);
    const usedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return { id: `log/${name}`, kind: 'log', title: `outputs of build ${name}`, size: await diskUsage(path, options), usedAt, needs: [] };
  }
}
