import { existsSync, readdirSync, rmdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { LaunchStep } from '@varve/core/system';

const ROOT = '/sys/fs/cgroup';
const CGROUP2 = 0x63677270;

/**
 * Lets the runtime see version 2 alone. On hosts with both versions crun refuses to work, also with its control groups switched off, and
 * runc makes a group in each of a dozen hierarchies. No process asks for limits of that kind.
 */
export function cgroupSteps(): readonly LaunchStep[] {
  if (!existsSync(ROOT) || statfsSync(ROOT).type === CGROUP2) return [];
  return [{ kind: 'mount', source: 'cgroup2', target: ROOT, type: 'cgroup2', options: ['nosuid', 'nodev', 'noexec'] }];
}

/** Removes what a killed runc leaves of its control group: empty directories, one for each hierarchy. */
export function removeCgroup(name: string): void {
  for (const path of [ROOT, ...hierarchies()]) removeEmpty(join(path, name));
}

const hierarchies = (): readonly string[] =>
  readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(ROOT, entry.name));

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw failure;
  }
}
