/** The middle of some numbers; of an even count the mean of the two in the middle. `NaN` for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (below + above) / 2;
}

/**
 * The median of `ours[i] / theirs[i]`: what was measured side by side is compared, so that a machine that is slow for a while is slow for
 * both. Runs that one of the two has not (`undefined`: it failed) do not count.
 */
export function pairwiseRatio(ours: readonly (number | undefined)[], theirs: readonly (number | undefined)[]): number {
  const ratios = ours.flatMap((value, run) => {
    const other = theirs[run];
    return value === undefined || other === undefined || other === 0 ? [] : [value / other];
  });
  return median(ratios);
}

/** (max − min) / median: how far the values lie apart. */
export function spread(values: readonly number[]): number {
  return values.length < 2 ? 0 : (Math.max(...values) - Math.min(...values)) / median(values);
}

/** The list turned so that each comes first in turn. */
export function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
