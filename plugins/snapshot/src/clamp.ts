import { type Attributes, type Entry, hostPath, type LayerIndex, packIndex, pathOf, type Timestamp } from '@varve/core/archive';
import { composeLayer, type Layer } from '@varve/core/image';
import { setMtime } from '@varve/core/system';

const isNewer = ({ seconds, nanoseconds }: Timestamp, epoch: number): boolean => seconds > epoch || (seconds === epoch && nanoseconds > 0);

/** The index with times after `epoch` (seconds since 1970) set to it; the same object when there are none. */
export function clampIndex(index: LayerIndex, epoch: number | undefined): LayerIndex {
  if (epoch === undefined || !index.values().some((entry) => hasNewer(entry, epoch))) return index;
  const mtime = { seconds: epoch, nanoseconds: 0 };
  return packIndex(index.values().map((entry) => (hasNewer(entry, epoch) ? { ...entry, mtime } : entry)));
}

/** Does the same to the files that the index was made of, so that a later step finds them as the layer has them. */
export function clampFiles(root: string, index: LayerIndex, epoch: number): void {
  for (const entry of index) if (hasNewer(entry, epoch)) setMtime(pathOf(hostPath(root, entry.path)), epoch, 0);
}

/** The layer with times after `epoch` set to it; the same object when there are none. */
export async function clampLayer(layer: Layer, epoch: number | undefined): Promise<Layer> {
  if (epoch === undefined) return layer;
  const index = await layer.index();
  const clamped = clampIndex(index, epoch);
  return clamped === index ? layer : composeLayer(layer.id, clamped, await layer.contents());
}

const hasNewer = (entry: Entry, epoch: number): entry is Entry & Attributes => 'mtime' in entry && isNewer(entry.mtime, epoch);
