import type { StoreState } from '@varve/core';
import type { Database } from './database.ts';
import { FORMAT, type StoreRoot } from './store-root.ts';

/** Small facts in `store.json`, where a person finds them too. */
export class LocalStoreState implements StoreState {
  readonly #root: StoreRoot;
  readonly #database: Database;

  constructor(root: StoreRoot, database: Database) {
    this.#root = root;
    this.#database = database;
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
