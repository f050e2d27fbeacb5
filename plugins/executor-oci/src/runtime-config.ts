import { join } from 'node:path';
import type { ExecSpec, ProcessSpec } from '@varve/core';
import {
  type Container,
  capabilityNames,
  DEFAULT_HOSTNAME,
  DEFAULT_SHM_SIZE,
  DEVICE_NODES,
  type HostDevice,
  hostDevices,
  MASKED_PATHS,
  type Namespace,
  READONLY_PATHS,
  resolveCapabilities,
} from '@varve/core/system';
import { INIT_NAME } from './find-init.ts';

interface RuntimeMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface ConfigDetails {
  readonly container: Container;
  /** Path of the runtime's own control group. */
  readonly cgroup: string;
  readonly seccomp?: unknown;
  readonly hooks?: object | undefined;
  /** Path of an init on this host. */
  readonly init?: string | undefined;
}

/** The bundle's config.json (OCI runtime-spec, config.md and config-linux.md) for one process, with docker's defaults. */
export function runtimeConfig(spec: ProcessSpec, details: ConfigDetails): object {
  const { container, cgroup, seccomp, hooks, init } = details;
  const { dev } = container.system;
  const privileged = spec.privileged === true;
  const args = init === undefined ? spec.args : [join(dev, INIT_NAME), '--', ...spec.args];
  return {
    ociVersion: '1.0.2',
    process: processConfig({ ...spec, args, cwd: container.cwd.path }, spec),
    root: { path: spec.root, readonly: spec.readOnly === true },
    hostname: spec.hostname ?? DEFAULT_HOSTNAME,
    mounts: [
      ...systemMounts(container, spec),
      ...(init === undefined ? [] : [{ destination: join(dev, INIT_NAME), type: 'bind', source: init, options: ['bind', 'ro', 'nodev'] }]),
      ...container.mounts.map(({ target, type, source, options = [] }) => ({ destination: target, type, source, options })),
    ],
    ...(hooks !== undefined && { hooks }),
    linux: {
      namespaces: namespacesOf(spec).map((type) => ({ type })),
      cgroupsPath: cgroup,
      ...(privileged ? { devices: hostDevices().map((device) => deviceConfig(device, dev)) } : CONFINED),
      ...deviceRules(privileged, container.devices),
      ...(seccomp !== undefined && !privileged && { seccomp }),
    },
  };
}

/** Those that a container has of its own. */
export const namespacesOf = ({ network }: ProcessSpec): readonly Namespace[] => [
  'mount',
  'pid',
  'ipc',
  'uts',
  ...(network === 'none' ? (['network'] as const) : []),
];

const CONFINED = { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS };

/** The `process` of a configuration, or what `exec --process` reads. `container`: what its capabilities and limits are from. */
export function processConfig(process: ExecSpec, container: ProcessSpec): object {
  const { uid, gid, groups } = process.user;
  const capabilities = capabilityNames(process.privileged === true ? 'all' : resolveCapabilities(container));
  return {
    terminal: process.terminal !== undefined,
    ...(process.terminal !== undefined && { consoleSize: { height: process.terminal.rows, width: process.terminal.columns } }),
    user: { uid, gid, additionalGids: groups },
    args: process.args,
    env: process.env,
    cwd: process.cwd,
    // Not inheritable, as docker since 20.10.14.
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    rlimits: (container.ulimits ?? []).map(({ type, soft, hard }) => ({
      type: `RLIMIT_${type.toUpperCase()}`,
      soft: unlimited(soft),
      hard: unlimited(hard),
    })),
    noNewPrivileges: container.noNewPrivileges === true,
  };
}

/** -1 is the largest number there; JSON's numbers end before that, so the digits are put in by `serializeConfig`. */
const UNLIMITED = '@unlimited@';
const unlimited = (value: number): number | string => (value < 0 ? UNLIMITED : value);
export const serializeConfig = (config: object): string => JSON.stringify(config).replaceAll(`"${UNLIMITED}"`, '18446744073709551615');

const deviceConfig = ({ target, type, major, minor, mode, uid, gid }: HostDevice, dev: string): object => ({
  path: join(dev, target.slice('/dev'.length)),
  type: LETTERS[type],
  major,
  minor,
  fileMode: mode,
  uid,
  gid,
});
const LETTERS = { char: 'c', block: 'b' } as const;

/** runc lets a container use the usual devices and those that are named here, where it has control groups of version 2. */
function deviceRules(privileged: boolean, devices: readonly HostDevice[]): object {
  if (privileged) return { resources: { devices: [{ allow: true, access: 'rwm' }] } };
  if (devices.length === 0) return {};
  const rules = devices.map(({ type, major, minor, permissions }) => ({
    allow: true,
    type: LETTERS[type],
    major,
    minor,
    access: permissions,
  }));
  return { resources: { devices: [{ allow: false, access: 'rwm' }, ...rules] } };
}

/**
 * As docker lays them out. The device nodes are bound from the host into a `nodev` file system, since there is no device control group:
 * nodes that the process makes can be made and cannot be opened, unless it is privileged.
 */
function systemMounts({ system: { proc, dev, sys } }: Container, spec: ProcessSpec): readonly RuntimeMount[] {
  const { shmSize = DEFAULT_SHM_SIZE, privileged = false } = spec;
  const mount = (destination: string, type: string, options: readonly string[]): RuntimeMount => ({
    destination,
    type,
    source: type,
    options,
  });
  return [
    mount(proc, 'proc', ['nosuid', 'noexec', 'nodev']),
    mount(dev, 'tmpfs', ['nosuid', ...(privileged ? [] : ['nodev']), 'strictatime', 'mode=755', 'size=65536k']),
    ...DEVICE_NODES.map((name) => ({ destination: `${dev}/${name}`, type: 'bind', source: `/dev/${name}`, options: ['bind'] })),
    mount(`${dev}/pts`, 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    mount(sys, 'sysfs', ['nosuid', 'noexec', 'nodev', privileged ? 'rw' : 'ro']),
    mount(`${dev}/mqueue`, 'mqueue', ['nosuid', 'noexec', 'nodev']),
    mount(`${dev}/shm`, 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${shmSize}`]),
  ];
}
