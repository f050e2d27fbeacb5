import type { Content, FileEntry, LayerIndex } from '../archive/index.ts';
import type { Abortable, DiffID, Layer, LayerID } from '../image/index.ts';
import { makeState, type StageState } from './stage-state.ts';

/** A layer that was found in a cache did not come. The stage that counted on it begins again, and waits for each. */
export class LayerLost extends Error {}

/** Whether it is the reason, whoever has told it since. */
export const isLost = (failure: unknown): boolean =>
  failure instanceof LayerLost || (failure instanceof Error && failure.cause !== undefined && isLost(failure.cause));

/** A layer that a cache is bringing: whoever looks into it waits. */
export class ArrivingLayer implements Layer {
  readonly id: LayerID;
  readonly arrived: Promise<Layer>;

  constructor(id: LayerID, arrived: Promise<Layer>) {
    this.id = id;
    this.arrived = arrived;
    arrived.catch(() => undefined); // told to whoever counts on the layer
  }

  async index(options?: Abortable): Promise<LayerIndex> {
    return await (await this.arrived).index(options);
  }

  async contents(options?: Abortable): Promise<(file: FileEntry) => Content> {
    return await (await this.arrived).contents(options);
  }

  async *tar(options?: Abortable): AsyncGenerator<Uint8Array, void, undefined> {
    yield* (await this.arrived).tar(options);
  }

  async diffId(options?: Abortable): Promise<DiffID> {
    return await (await this.arrived).diffId(options);
  }

  async size(options?: Abortable): Promise<number> {
    return await (await this.arrived).size(options);
  }
}

/** The state once all of its layers are here. @throws LayerLost */
export async function arrivedState(state: StageState): Promise<StageState> {
  if (!state.layers.some((layer) => layer instanceof ArrivingLayer)) return state;
  const layers = await Promise.all(state.layers.map((layer) => (layer instanceof ArrivingLayer ? layer.arrived : layer)));
  return makeState({ ...state, layers });
}
