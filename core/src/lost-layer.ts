import { ArrivingLayer } from '../image/arriving-layer.ts';
import { makeState, type StageState } from './stage-state.ts';

/** A layer that was found in a cache did not come. The stage that counted on it begins again, and waits for each. */
export class LayerLost extends Error {}

/** Whether it is the reason, whoever has told it since. */
export const isLost = (failure: unknown): boolean =>
  failure instanceof LayerLost || (failure instanceof Error && failure.cause !== undefined && isLost(failure.cause));

/** The state once all of its layers are here. @throws LayerLost */
export async function arrivedState(state: StageState): Promise<StageState> {
  if (!state.layers.some((layer) => layer instanceof ArrivingLayer)) return state;
  const layers = await Promise.all(state.layers.map((layer) => (layer instanceof ArrivingLayer ? layer.arrived : layer)));
  return makeState({ ...state, layers });
}
