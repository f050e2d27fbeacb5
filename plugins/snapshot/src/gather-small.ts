import type { LayerIndex } from '@varve/core/archive';
import type { Abortable, ChainID, Layer } from '@varve/core/image';

/** Layers that become one snapshot, bottom first. */
export interface Unpacked {
  readonly parent: ChainID | null;
  /** Of the topmost. */
  readonly chain: ChainID;
  readonly layers: readonly Layer[];
}

/** So many layers at once are worth it. */
const MANY = 8;
/** Bytes that a file takes on a disk beside its own. */
const FILE = 4096;
/** Bytes of a snapshot for several layers: as much is unpacked again for an image that has only some of them. */
const TOGETHER = 4 * 1024 * 1024;

/**
 * Puts small layers that lie on each other together. A snapshot costs as much as twenty files, in its making and, on a driver that copies
 * parents, in all that stand on it; and a mount takes longer the more there are.
 */
export async function gatherSmall(stack: readonly Unpacked[], { signal }: Abortable): Promise<readonly Unpacked[]> {
  if (stack.length < MANY) return stack;
  const gathered: Unpacked[] = [];
  let weight = Number.POSITIVE_INFINITY;
  for (const one of stack) {
    let own = 0;
    for (const layer of one.layers) own += weightOf(await layer.index({ signal }));
    const below = gathered.at(-1);
    if (below !== undefined && weight + own <= TOGETHER) {
      gathered[gathered.length - 1] = { parent: below.parent, chain: one.chain, layers: [...below.layers, ...one.layers] };
      weight += own;
    } else {
      gathered.push(one);
      weight = own;
    }
  }
  return gathered;
}

const weightOf = (index: LayerIndex): number =>
  index.values().reduce((sum, entry) => sum + FILE + (entry.type === 'file' ? entry.size : 0), 0);
