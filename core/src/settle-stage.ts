import { foldRows, type Layer } from '../image/index.ts';
import type { Build } from './build.ts';
import { makeState, type StageState } from './stage-state.ts';

/** Lets the snapshotter decide which layers a finished stage leaves; its rows of history follow. */
export async function settleStage(base: StageState, state: StageState, on: Build): Promise<StageState> {
  const made = state.layers.slice(base.layers.length);
  if (made.length < 2) return state;
  const left = await (await on.snapshotter())?.settle(made, on.build);
  if (left === undefined || isSame(left, made)) return state;
  const history = foldRows(state.config.history, made.length - left.length);
  return makeState({ ...state, layers: [...base.layers, ...left], config: { ...state.config, history } });
}

const isSame = (a: readonly Layer[], b: readonly Layer[]): boolean => a.length === b.length && a.every((layer, i) => layer === b[i]);
