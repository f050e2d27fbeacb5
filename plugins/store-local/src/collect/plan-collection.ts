import type { StoredItem } from '@varve/core';
import { ItemGraph } from './item-graph.ts';

export interface Planned {
  readonly item: StoredItem;
  /** For the user. */
  readonly why: string;
}
export interface CollectionPlan {
  /** In the order in which they go: what needs another goes before it. */
  readonly removed: readonly Planned[];
  /** Bytes that go. */
  readonly freed: number;
  /** Bytes that could have gone and stay within the budget. */
  readonly kept: number;
  /** Bytes of what may not go. */
  readonly held: number;
}

export interface PlanOptions {
  /** Bytes that may stay of what nothing needs. */
  readonly keep: number;
  /** Only items that were not used since then, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Which of the items that may go are meant. Default: all. */
  readonly isMeant?: ((item: StoredItem) => boolean) | undefined;
}

/**
 * What goes so that no more than a budget stays of what neither a name nor a container needs: what nobody used for the longest time first,
 * and of two that were used together the one that stands on the other. An item is as fresh as the freshest that needs it.
 */
export function planCollection(
  items: readonly StoredItem[],
  { keep, until = Number.POSITIVE_INFINITY, isMeant }: PlanOptions,
): CollectionPlan {
  const graph = new ItemGraph(items);
  const needed = graph.reachable(items.filter(({ held, active }) => held !== undefined || active !== undefined));
  const free = graph.inOrder().filter((item) => !needed.has(item));
  const uses = usesOf(free, graph);
  const blocked = new Set<StoredItem>();
  const total = sizeOf(free);
  let stays = total;
  const removed: Planned[] = [];
  for (const item of oldestFirst(free, uses)) {
    const isWanted = (isMeant?.(item) ?? true) && (uses.get(item) ?? 0) <= until && !blocked.has(item);
    if (isWanted && stays > keep) {
      stays -= item.size;
      removed.push({ item, why: whyOf(item, uses.get(item) ?? 0) });
    } else for (const below of graph.needsOf(item)) blocked.add(below);
  }
  return { removed, freed: total - stays, kept: stays, held: sizeOf([...needed]) };
}

export const sizeOf = (items: readonly StoredItem[]): number => items.reduce((sum, { size }) => sum + size, 0);

/** When each was last of use, to itself or to what stands on it. `items`: each after what it needs. */
function usesOf(items: readonly StoredItem[], graph: ItemGraph): ReadonlyMap<StoredItem, number> {
  const uses = new Map<StoredItem, number>(items.map((item) => [item, item.usedAt]));
  for (const item of [...items].reverse())
    for (const below of graph.needsOf(item)) if (uses.has(below)) uses.set(below, Math.max(uses.get(below) ?? 0, uses.get(item) ?? 0));
  return uses;
}

/** `items`: each after what it needs, so that among those of one age the reverse order takes what stands on others first. */
const oldestFirst = (items: readonly StoredItem[], uses: ReadonlyMap<StoredItem, number>): readonly StoredItem[] =>
  [...items].reverse().sort((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0));

const whyOf = ({ kind }: StoredItem, usedAt: number): string =>
  kind === 'leftover'
    ? 'nothing refers to it'
    : usedAt === 0
      ? 'nothing needs it'
      : `nothing needs it; last used ${new Date(usedAt).toISOString()}`;
