import type { ContainerConfig } from '@varve/core/image';

/** What a builder made of a case. */
export interface Outcome {
  readonly tree: readonly string[];
  readonly config: ContainerConfig;
  /** `created_by` of the rows above the base. */
  readonly history: readonly string[];
  /** Above the base. */
  readonly layers: number;
  readonly author?: string | undefined;
}

/** Every field that a build file can say. */
const FIELDS = [
  'Env',
  'Cmd',
  'Entrypoint',
  'WorkingDir',
  'User',
  'ExposedPorts',
  'Volumes',
  'Labels',
  'StopSignal',
  'Healthcheck',
  'Shell',
  'OnBuild',
] as const;

/** Fields that say something: not those that are empty in one way or another, `/` as directory, a `PATH` that nobody set. */
export type PlainConfig = { readonly [K in (typeof FIELDS)[number]]?: NonNullable<ContainerConfig[K]> };

const DEFAULT_PATHS: readonly string[] = ['PATH=/bin', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

export function plainConfig(config: ContainerConfig): PlainConfig {
  const { 'io.buildah.version': _, ...Labels } = config.Labels ?? {};
  const Env = (config.Env ?? []).filter((variable) => !DEFAULT_PATHS.includes(variable));
  const WorkingDir = config.WorkingDir === '/' ? '' : (config.WorkingDir ?? '');
  const plain: ContainerConfig = { ...config, Labels, Env, WorkingDir };
  const said = FIELDS.flatMap((field) => {
    const value = plain[field];
    return value === undefined || value === null || Object.keys(value).length === 0 ? [] : [[field, value] as const];
  });
  return Object.fromEntries(said);
}
