import type { ContainerConfig, HistoryRow, ImageConfig } from './config.ts';

const MERGED = ['Labels', 'ExposedPorts', 'Volumes'] as const;

/**
 * A config with a patch applied: `Env` entries replace those of the same name where they stand or are added at the end; `Labels`,
 * `ExposedPorts` and `Volumes` are merged by key; any other member replaces; `null` clears a member.
 */
export function patchConfig(config: ContainerConfig, patch: Partial<ContainerConfig>): ContainerConfig {
  const result: Record<string, unknown> = { ...config };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[name];
    else if (name === 'Env') result.Env = mergeEnv(config.Env ?? [], value as readonly string[]);
    else if ((MERGED as readonly string[]).includes(name)) result[name] = { ...(config[name] as object), ...(value as object) };
    else result[name] = value;
  }
  return result;
}

/** `NAME=value` lists merged: a name keeps its place and takes the newer value. */
export function mergeEnv(base: readonly string[], added: readonly string[]): readonly string[] {
  const values = new Map(base.map((entry) => [nameOf(entry), entry]));
  for (const entry of added) values.set(nameOf(entry), entry);
  return [...values.values()];
}
const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? entry;

/** A config with one more row of history. */
export const appendHistory = (config: ImageConfig, row: HistoryRow): ImageConfig => ({
  ...config,
  history: [...config.history, row],
});

/**
 * The history with as many rows that stand for a layer as there are layers: in images from elsewhere rows may be missing, or nobody said
 * that they are empty. What is missing is added at the end, what is too much no longer stands for a layer.
 */
export function alignHistory({ history, created }: Pick<ImageConfig, 'history' | 'created'>, layers: number): readonly HistoryRow[] {
  let left = layers;
  const rows = history.map((row) => (row.empty_layer || left-- > 0 ? row : { ...row, empty_layer: true }));
  const missing: HistoryRow = { ...(created !== undefined && { created }), comment: 'not in the history of the image' };
  return left > 0 ? [...rows, ...Array<HistoryRow>(left).fill(missing)] : rows;
}
