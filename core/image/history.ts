import type { HistoryRow, ImageConfig } from './config.ts';

/** A config with one more row of history. */
export const appendHistory = (config: ImageConfig, row: HistoryRow): ImageConfig => ({
  ...config,
  history: [...config.history, row],
});

/**
 * The time of a row that made no layer: that of the row before it, so that a build whose steps were all cached gives the image it gave
 * before. `undefined` on nothing: there it is that of the first layer, see `fillTimes`.
 */
export const timeOfConfig = ({ history, created }: ImageConfig): string | undefined => history.at(-1)?.created ?? created;

/** Gives rows that stand before the first layer its time. */
export const fillTimes = (config: ImageConfig, created: string): ImageConfig => ({
  ...config,
  history: config.history.map((row) => (row.created === undefined ? { created, ...row } : row)),
});

/** Makes all but the newest of the rows that lost their layer empty: rows with a layer and layers stay equal in number. */
export function foldRows(history: readonly HistoryRow[], lost: number): readonly HistoryRow[] {
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
