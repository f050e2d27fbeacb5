import { chainsOf, type Layer } from '../image/index.ts';
import type { Build } from './build.ts';
import { recordAll } from './cache.ts';
import type { CacheRecord } from './contracts/store.ts';
import { makeState, type StageState } from './stage-state.ts';

/**
 * After a stack was unpacked: composed layers read their files from their snapshots from now on, not from sources that may change, and
 * are recorded, so that a failing step does not cost the work before it.
 */
export async function keepUnpacked(state: StageState, on: Build): Promise<StageState> {
  if (state.unrecorded.length === 0) return state;
  const driver = await on.storage();
  const layers = [...state.layers];
  const chains = chainsOf(layers.map(({ id }) => id));
  const unrecorded: CacheRecord[] = [];
  for (const record of state.unrecorded) {
    const at = layers.findIndex((layer) => layer.id === record.layer);
    const layer = layers[at];
    const chain = chains[at];
    if (layer === undefined || chain === undefined) {
      unrecorded.push(record);
      continue;
    }
    // unpacked together with others it has no directory of its own
    const directory = (await driver.stat(chain)) === undefined ? undefined : await driver.directory?.(chain);
    layers[at] = directory === undefined ? await on.layers.put(layer, on.build) : await on.layers.keep(layer, directory);
    await recordAll(on, record);
  }
  return makeState({ ...state, layers, unrecorded });
}

/** Writes the tars of the layers that become an image, bottom first, and the records that waited for them. */
export async function storeLayers(layers: readonly Layer[], unrecorded: readonly CacheRecord[], on: Build): Promise<readonly Layer[]> {
  const stored: Layer[] = [];
  for (const layer of layers) stored.push(await storeLayer(layer, on));
  for (const record of unrecorded)
    if (layers.some((layer) => layer.id === record.layer) || (await on.layers.get(record.layer)) !== undefined) await recordAll(on, record);
  return stored;
}

async function storeLayer(layer: Layer, on: Build): Promise<Layer> {
  if (layer.stored !== undefined) return layer;
  const stored = await on.layers.put(layer, on.build);
  if (stored !== layer)
    on.emit({
      type: 'layer-stored',
      layer: layer.id,
      diffId: await stored.diffId(),
      bytes: await stored.size(),
    });
  return stored;
}
