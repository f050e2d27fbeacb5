import type { HistoryRow, Layer } from '../image/index.ts';
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

/** Makes all but the newest of the rows that lost their layer empty: rows with a layer and layers stay equal in number. */
function foldRows(history: readonly HistoryRow[], lost: number): readonly HistoryRow[] {
  const rows = [...history];
  let kept = false;
  for (let i = rows.length - 1, left = lost; i >= 0 && left > 0; i--) {
    const row = rows[i];
    if (row === undefined || row.empty_layer) continue;
    if (kept) {
      rows[i] = { ...row, empty_layer: true };
      left--;
    }
    kept = true;
  }
  return rows;
}
