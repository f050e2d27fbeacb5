import type { ProcessSpec } from '@varve/core';
import {
  type Container,
  DEFAULT_CAPABILITIES,
  DEFAULT_HOSTNAME,
  DEFAULT_SHM_SIZE,
  DEVICE_NODES,
  MASKED_PATHS,
  READONLY_PATHS,
} from '@varve/core/system';

interface RuntimeMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** The bundle's config.json (OCI runtime-spec, config.md and config-linux.md) for one process, with docker's defaults. */
export function runtimeConfig(
  spec: ProcessSpec,
  details: { readonly container: Container; readonly cgroup: string; readonly seccomp?: unknown; readonly hooks?: object | undefined },
): object {
  const { container, cgroup, seccomp, hooks } = details;
  const capabilities = Object.keys(DEFAULT_CAPABILITIES);
  const { uid, gid, groups } = spec.user;
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid, gid, additionalGids: groups },
      args: spec.args,
      env: spec.env,
      cwd: container.cwd.path,
      // Not inheritable, as docker since 20.10.14.
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: (spec.ulimits ?? []).map(({ type, soft, hard }) => ({
        type: `RLIMIT_${type.toUpperCase()}`,
        soft: unlimited(soft),
        hard: unlimited(hard),
      })),
      noNewPrivileges: false,
    },
    root: { path: spec.root, readonly: false },
    hostname: spec.hostname ?? DEFAULT_HOSTNAME,
    mounts: [
      ...systemMounts(container, spec.shmSize),
      ...container.mounts.map(({ target, type, source, options = [] }) => ({ destination: target, type, source, options })),
    ],
    ...(hooks !== undefined && { hooks }),
    linux: {
      namespaces: ['mount', 'pid', 'ipc', 'uts', ...(spec.network === 'none' ? ['network'] : [])].map((type) => ({ type })),
      cgroupsPath: cgroup,
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      ...(seccomp !== undefined && { seccomp }),
    },
  };
}

/** -1 is the largest number there; JSON's numbers end before that, so the digits are put in by `serializeConfig`. */
const UNLIMITED = '@unlimited@';
const unlimited = (value: number): number | string => (value < 0 ? UNLIMITED : value);
export const serializeConfig = (config: object): string => JSON.stringify(config).replaceAll(`"${UNLIMITED}"`, '18446744073709551615');

/**
 * As docker lays them out. The device nodes are bound from the host into a `nodev` file system, since there is no device control group:
 * nodes that the process makes can be made and cannot be opened.
 */
function systemMounts({ system: { proc, dev, sys } }: Container, shmSize = DEFAULT_SHM_SIZE): readonly RuntimeMount[] {
  const mount = (destination: string, type: string, options: readonly string[]): RuntimeMount => ({
    destination,
    type,
    source: type,
    options,
  });
  return [
    mount(proc, 'proc', ['nosuid', 'noexec', 'nodev']),
    mount(dev, 'tmpfs', ['nosuid', 'nodev', 'strictatime', 'mode=755', 'size=65536k']),
    ...DEVICE_NODES.map((name) => ({ destination: `${dev}/${name}`, type: 'bind', source: `/dev/${name}`, options: ['bind'] })),
    mount(`${dev}/pts`, 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    mount(sys, 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
    mount(`${dev}/mqueue`, 'mqueue', ['nosuid', 'noexec', 'nodev']),
    mount(`${dev}/shm`, 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${shmSize}`]),
  ];
}
