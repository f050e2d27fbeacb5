import type { StoredItem } from '@varve/core';

/** What plugins keep, and what needs what. */
export class ItemGraph {
  readonly items: readonly StoredItem[];
  readonly #byName = new Map<string, StoredItem>();

  constructor(items: readonly StoredItem[]) {
    this.items = items;
    for (const item of items) for (const name of [item.id, ...(item.aliases ?? [])]) this.#byName.set(name, item);
  }

  /** Without names that nobody has. */
  needsOf({ needs }: StoredItem): readonly StoredItem[] {
    return needs.map((name) => this.#byName.get(name)).filter((item) => item !== undefined);
  }

  /** These and everything that they need, directly or not. */
  reachable(from: readonly StoredItem[]): ReadonlySet<StoredItem> {
    const reached = new Set(from);
    for (const item of reached) for (const needed of this.needsOf(item)) reached.add(needed); // a set goes on with what is added to it
    return reached;
  }

  /** The items, each after everything that it needs. What needs itself in a circle comes somewhere. */
  inOrder(): readonly StoredItem[] {
    const ordered = new Set<StoredItem>();
    const visited = new Set<StoredItem>();
    const waiting = [...this.items].reverse();
    for (let item = waiting.at(-1); item !== undefined; item = waiting.at(-1)) {
      const missing = visited.has(item) ? [] : this.needsOf(item).filter((needed) => !visited.has(needed));
      visited.add(item);
      if (missing.length > 0) waiting.push(...missing);
      else ordered.add(waiting.pop() as StoredItem); // there is one: it was looked at
    }
    return [...ordered];
  }
}
