import { findDevices } from '../container/devices.ts';
import type { ProcessDevice, ResourceLimits } from '../container/request.ts';
import type { Controller } from './hierarchies.ts';

export interface GroupLimits extends ResourceLimits {
  /** Devices and what must not be done with them. Version 1 alone has files for that. */
  readonly denied?: readonly ProcessDevice[] | undefined;
}

export interface LimitFile {
  readonly controller: Controller;
  readonly name: string;
  readonly value: string;
  /** Where the kernel does not have the file, nothing was asked for that needs it. */
  readonly optional?: boolean;
}

/** Microseconds. */
const PERIOD = 100_000;

/** What is to be written into the files of a group, in order. */
export function limitFiles(limits: GroupLimits, versionOf: (controller: Controller) => 1 | 2): readonly LimitFile[] {
  return [...memoryFiles(limits, versionOf('memory')), ...cpuFiles(limits, versionOf('cpu')), ...otherFiles(limits)];
}

/** Which controllers these limits need. */
export function controllersFor({ memory, memorySwap, cpus, cpuShares, cpuset, pids, denied = [] }: GroupLimits): readonly Controller[] {
  return [
    ...(memory !== undefined || memorySwap !== undefined ? (['memory'] as const) : []),
    ...(cpus !== undefined || cpuShares !== undefined ? (['cpu'] as const) : []),
    ...(cpuset !== undefined ? (['cpuset'] as const) : []),
    ...(pids !== undefined ? (['pids'] as const) : []),
    ...(denied.length > 0 ? (['devices'] as const) : []),
  ];
}

/** Version 1 counts memory and swap together and wants the smaller limit first, version 2 counts swap alone. */
function memoryFiles({ memory, memorySwap }: ResourceLimits, version: 1 | 2): readonly LimitFile[] {
  if (memory === undefined) return [];
  const both = memorySwap ?? 2 * memory;
  const optional = memorySwap === undefined || memorySwap < 0;
  const file = (name: string, value: number | string, more = {}): LimitFile => ({
    controller: 'memory',
    name,
    value: String(value),
    ...more,
  });
  return version === 1
    ? [file('memory.limit_in_bytes', memory), file('memory.memsw.limit_in_bytes', both < 0 ? -1 : both, { optional })]
    : [file('memory.max', memory), file('memory.swap.max', both < 0 ? 'max' : Math.max(0, both - memory), { optional })];
}

function cpuFiles({ cpus, cpuShares }: ResourceLimits, version: 1 | 2): readonly LimitFile[] {
  const files: (readonly [name: string, value: number | string])[] = [];
  if (cpus !== undefined) {
    const quota = Math.round(cpus * PERIOD);
    if (version === 1) files.push(['cpu.cfs_period_us', PERIOD], ['cpu.cfs_quota_us', quota]);
    else files.push(['cpu.max', `${quota} ${PERIOD}`]);
  }
  if (cpuShares !== undefined) files.push(version === 1 ? ['cpu.shares', cpuShares] : ['cpu.weight', weightOf(cpuShares)]);
  return files.map(([name, value]) => ({ controller: 'cpu', name, value: String(value) }));
}

/** 2 to 262,144 become 1 to 10,000, as runtimes do (OCI runtime-spec, config-linux.md). */
const weightOf = (shares: number): number => Math.floor(1 + ((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142);

function otherFiles({ cpuset, pids, denied = [] }: GroupLimits): readonly LimitFile[] {
  return [
    ...(cpuset === undefined ? [] : [{ controller: 'cpuset' as const, name: 'cpuset.cpus', value: cpuset }]),
    ...(pids === undefined ? [] : [{ controller: 'pids' as const, name: 'pids.max', value: pids > 0 ? String(pids) : 'max' }]),
    ...findDevices(denied).map(({ type, major, minor, permissions }) => ({
      controller: 'devices' as const,
      name: 'devices.deny',
      value: `${type[0]} ${major}:${minor} ${permissions}`,
    })),
  ];
}
