import type { StorePlaces, StoreState } from '@varve/core';
import type { Layer } from '@varve/core/image';
import type { Database } from './database.ts';
import type { LayerRecords } from './layer-records.ts';
import { FORMAT, type StoreRoot } from './store-root.ts';

/** Small facts in `store.json`, where a person finds them too. */
export class LocalStoreState implements StoreState {
  readonly #root: StoreRoot;
  readonly #database: Database;
  readonly #layers: LayerRecords;

  constructor(root: StoreRoot, database: Database, layers: LayerRecords) {
    this.#root = root;
    this.#database = database;
    this.#layers = layers;
  }

  /** At the folders that files come into and leave, and at the database, whose journal goes when nobody has it open any more. */
  watch<T>(layers: readonly Layer[], look: (places: StorePlaces) => T): T | undefined {
    const { file, blobs, indexes, database } = this.#root;
    const directories = layers.flatMap(({ id }) => this.#layers.get(id)?.directory ?? []);
    if (!this.#database.settle()) return undefined;
    const passing = [`${database}-wal`];
    const found = look({ lasting: [file, blobs.sha256, blobs.sha512, indexes, database, ...directories], passing });
    return this.#database.isOurs() ? found : undefined;
  }

  release(): void {
    this.#root.use[Symbol.dispose]();
  }

  async recall(name: string): Promise<string | undefined> {
    const state = this.#root.read()?.state ?? {};
    return Object.hasOwn(state, name) ? state[name] : undefined;
  }

  /** Reads and replaces the file under the database's write lock: of two processes neither loses what the other wrote. */
  async remember(name: string, value: string): Promise<void> {
    this.#database.transaction(() => {
      const state = this.#root.read()?.state ?? {};
      if (!Object.hasOwn(state, name) || state[name] !== value) this.#root.write({ format: FORMAT, state: { ...state, [name]: value } });
    });
  }
}
