import type { HostDevice } from '../container/request.ts';
import type { LaunchStep } from './plan.ts';

/** What docker leaves to a process of a build (moby, oci/caps/defaults.go), with the kernel's numbers (capabilities(7)). */
export const DEFAULT_CAPABILITIES = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_RAW: 13,
  CAP_SYS_CHROOT: 18,
  CAP_MKNOD: 27,
  CAP_AUDIT_WRITE: 29,
  CAP_SETFCAP: 31,
} as const;

/** moby, oci/defaults.go. */
export const MASKED_PATHS: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
export const READONLY_PATHS: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export const DEVICE_NODES: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
export const DEVICE_LINKS: readonly (readonly [name: string, target: string])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
  ['core', '/proc/kcore'],
  ['ptmx', 'pts/ptmx'],
];
/** Bytes; docker's. */
export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;
export const DEFAULT_HOSTNAME = 'varve';

export interface DeviceOptions {
  readonly shmSize?: number | undefined;
  readonly queues: boolean;
  /** In addition, and any that the process makes can be opened. */
  readonly all?: readonly HostDevice[] | undefined;
}

/**
 * /dev as docker lays it out, in the directory `dev`. No device control group is set up, so nothing but the six nodes, which are bound
 * from the host one by one, can be opened: the file system around them is `nodev`, and so must be every other that the process sees.
 */
export function deviceSteps(dev: string, options: DeviceOptions): readonly LaunchStep[] {
  const { shmSize = DEFAULT_SHM_SIZE, queues, all } = options;
  const mount = (name: string, type: string, list: readonly string[]): readonly LaunchStep[] => [
    { kind: 'directory', path: `${dev}/${name}`, mode: 0o755 },
    { kind: 'mount', source: type, target: `${dev}/${name}`, type, options: ['nosuid', 'noexec', ...list] },
  ];
  return [
    {
      kind: 'mount',
      source: 'tmpfs',
      target: dev,
      type: 'tmpfs',
      options: ['nosuid', ...(all === undefined ? ['nodev'] : []), 'strictatime', 'mode=755', 'size=65536k'],
    },
    ...DEVICE_NODES.flatMap((name): readonly LaunchStep[] => [
      { kind: 'file', path: `${dev}/${name}` },
      { kind: 'mount', source: `/dev/${name}`, target: `${dev}/${name}`, type: 'bind' },
    ]),
    ...(all ?? []).map((device): LaunchStep => ({ ...device, kind: 'device', path: `${dev}${device.target.slice('/dev'.length)}` })),
    ...DEVICE_LINKS.map(([name, target]): LaunchStep => ({ kind: 'symlink', path: `${dev}/${name}`, target })),
    ...mount('pts', 'devpts', ['newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    ...mount('shm', 'tmpfs', ['nodev', 'mode=1777', `size=${shmSize}`]),
    ...(queues ? mount('mqueue', 'mqueue', ['nodev']) : []),
  ];
}
