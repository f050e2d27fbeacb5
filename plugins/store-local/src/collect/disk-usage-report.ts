import type { StoredItem } from '@varve/core';
import { ItemGraph } from './item-graph.ts';
import { sizeOf } from './plan-collection.ts';

/** One row of `system df`. */
export interface Usage {
  readonly type: 'Images' | 'Containers' | 'Local Volumes' | 'Build Cache';
  readonly total: number;
  readonly active: number;
  /** Bytes on disk. */
  readonly size: number;
  readonly reclaimable: number;
  readonly items: readonly StoredItem[];
}

/** Every item in one row: what images need is theirs, what a container alone writes is its own, and the rest was left by builds. */
export function usageOf(items: readonly StoredItem[]): readonly Usage[] {
  const graph = new ItemGraph(items);
  const ofKind = (kind: string) => items.filter((item) => item.kind === kind);
  const [images, containers, volumes] = [ofKind('image'), ofKind('container'), ofKind('volume')];
  const parts = new Set(images.flatMap((item) => graph.needsOf(item))); // of an index: one image to a user
  const listed = images.filter((item) => item.held !== undefined || !parts.has(item));
  const needed = graph.reachable(containers);
  const running = graph.reachable(containers.filter(({ active }) => active !== undefined));
  const written = containers.flatMap((item) => graph.needsOf(item).filter(({ kind, held }) => kind === 'snapshot' && held !== undefined));
  const ofImages = [...graph.reachable(images)].filter(({ kind }) => kind === 'image' || kind === 'layer');
  const ofContainers = [...containers, ...written];
  const claimed = new Set([...ofImages, ...ofContainers, ...volumes]);
  const cache = items.filter((item) => !claimed.has(item));
  const kept = graph.reachable(items.filter(({ held, active }) => held !== undefined || active !== undefined));
  const without = (all: readonly StoredItem[], used: ReadonlySet<StoredItem>) => sizeOf(all.filter((item) => !used.has(item)));
  const row = (type: Usage['type'], all: readonly StoredItem[], counted: readonly StoredItem[], used: ReadonlySet<StoredItem>): Usage => ({
    type,
    total: counted.length,
    active: counted.filter((item) => used.has(item)).length,
    size: sizeOf(all),
    reclaimable: without(all, used),
    items: all,
  });
  return [
    row('Images', ofImages, listed, needed),
    row('Containers', ofContainers, containers, running),
    row('Local Volumes', volumes, volumes, needed),
    row(
      'Build Cache',
      cache,
      cache.filter(({ kind }) => kind !== 'store'),
      kept,
    ),
  ];
}
