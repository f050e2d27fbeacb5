import { type Keeper, type StoredItem, VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import type { LocalStore } from '../local-store.ts';
import { type CollectionPlan, type PlanOptions, planCollection } from './plan-collection.ts';

/** How long a collection waits for those who use the store, in milliseconds. */
const PATIENCE = 10_000;

/** Counts and collects what all plugins keep. */
export class Housekeeping {
  readonly #store: LocalStore;
  readonly #keepers: readonly Keeper[];

  constructor(store: LocalStore, keepers: readonly Keeper[]) {
    this.#store = store;
    this.#keepers = keepers;
  }

  async items(options?: Abortable): Promise<readonly StoredItem[]> {
    const lists = await Promise.all(this.#keepers.map(async (keeper) => await keeper.items(options)));
    return lists.flat();
  }

  /** Removes what a plan says, while nobody else uses the store. @throws VarveError `STORE_BUSY` */
  async collect(options: PlanOptions & Abortable): Promise<CollectionPlan> {
    const done = await this.tryCollect(options, PATIENCE);
    if (done !== undefined) return done;
    throw new VarveError('STORE_BUSY', `The store at ${this.#store.root.path} is in use by another varve`, {
      hint: 'Nothing was removed. Try again when builds, pulls and loads have finished.',
    });
  }

  /** The same; `undefined` where somebody uses the store for longer than `wait` milliseconds. */
  async tryCollect(options: PlanOptions & Abortable, wait: number): Promise<CollectionPlan | undefined> {
    const { signal } = options;
    if (!this.#store.root.isThere()) return planCollection([], options);
    const work = async () => {
      const plan = planCollection(await this.items({ signal }), options);
      await this.remove(
        plan.removed.map(({ item }) => item),
        { signal },
      );
      return plan;
    };
    return (await this.#store.root.use.alone(work, { wait, signal }))?.value;
  }

  /** Each keeper removes its own, in the order of the preset: the store first, then what its layers may lie in. */
  async remove(items: readonly StoredItem[], options?: Abortable): Promise<void> {
    const ids = items.map(({ id }) => id);
    if (ids.length > 0) for (const keeper of this.#keepers) await keeper.remove(ids, options);
  }
}
