import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Abortable } from '../image/index.ts';
import type { Keeper, StoredItem } from '../src/contracts/usage.ts';
import { blocksOf, diskUsage } from '../system/index.ts';

export interface FolderKeeperParts {
  /** Root of the store. */
  readonly root: string;
  /** The folder in it, which is also the keeper's name. */
  readonly name: string;
  /** `log` */
  readonly kind: string;
  /** Of one of its entries. */
  readonly title: (name: string) => string;
}

/** What lies in a folder by itself: of use to whoever finds it, and needed by nobody. */
export class FolderKeeper implements Keeper {
  readonly name: string;
  readonly #home: string;
  readonly #kind: string;
  readonly #title: (name: string) => string;

  constructor({ root, name, kind, title }: FolderKeeperParts) {
    this.name = name;
    this.#home = join(root, name);
    this.#kind = kind;
    this.#title = title;
  }

  async items(options?: Abortable): Promise<readonly StoredItem[]> {
    if (!existsSync(this.#home)) return [];
    const { name } = this;
    const folder = { id: `${name}/folder`, kind: 'store', title: `folder of ${name}`, size: blocksOf(this.#home), needs: [] };
    return [
      ...(await Promise.all(readdirSync(this.#home).map((entry) => this.#item(entry, options)))),
      { ...folder, usedAt: Date.now(), held: `holds the ${name}` },
    ];
  }

  async remove(ids: readonly string[]): Promise<void> {
    const names = existsSync(this.#home) ? readdirSync(this.#home) : [];
    for (const name of names.filter((each) => ids.includes(`${this.#kind}/${each}`)))
      rmSync(join(this.#home, name), { recursive: true, force: true });
  }

  async #item(name: string, options?: Abortable): Promise<StoredItem> {
    const path = join(this.#home, name);
    const usedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const id = `${this.#kind}/${name}`;
    return { id, kind: this.#kind, title: this.#title(name), size: await diskUsage(path, options), usedAt, needs: [] };
  }
}
