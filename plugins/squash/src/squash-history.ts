import type { HistoryRow, ImageConfig } from '@varve/core/image';

/**
 * The history of a squashed image: every row stays, those of the `squashed` topmost layers no longer stand for one, and a new row stands
 * for the layer that took their place. Counted from the top, because a base may have fewer rows than layers.
 */
export function squashHistory(
  { history, created }: Pick<ImageConfig, 'history' | 'created'>,
  squashed: number,
  comment: string,
): readonly HistoryRow[] {
  let left = squashed;
  const rows = history.toReversed().map((row): HistoryRow => {
    if (row.empty_layer === true || left === 0) return row;
    left--;
    return { ...row, empty_layer: true };
  });
  return [...rows.reverse(), { ...(created !== undefined && { created }), comment }];
}
