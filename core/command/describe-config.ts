import type { ContainerConfig } from '../image/index.ts';

/**
 * The config of an image or a container in docker's words: some members are shown always, others only where they are set. Those with
 * free keys are `Map`s, so that templates know them from members that must be there.
 */
export function describeConfig(config: ContainerConfig) {
  const {
    User = '',
    Env = null,
    Cmd = null,
    Entrypoint = null,
    WorkingDir = '',
    OnBuild = null,
    Labels,
    Volumes,
    ExposedPorts,
    ...rest
  } = config;
  return {
    User,
    ExposedPorts: ExposedPorts ? mapOf(ExposedPorts) : undefined,
    Env,
    Cmd,
    Volumes: mapOf(Volumes),
    WorkingDir,
    Entrypoint,
    OnBuild,
    Labels: mapOf(Labels),
    ...UNSET,
    ...rest,
  };
}

/** Templates may ask for them, JSON leaves them out where nothing is set. */
const UNSET = { StopSignal: undefined, StopTimeout: undefined, Healthcheck: undefined, Shell: undefined };

const mapOf = (members: Readonly<Record<string, unknown>> | null | undefined): ReadonlyMap<string, unknown> | null =>
  members ? new Map(Object.entries(members)) : null;
