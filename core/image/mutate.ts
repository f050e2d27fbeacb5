import type { ContainerConfig } from './config.ts';

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
