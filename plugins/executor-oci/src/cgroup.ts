import { existsSync, lstatSync, readdirSync, rmdirSync, statfsSync } from 'node:fs';
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

/** What the names of our groups begin with. */
export const CGROUP_PREFIX = 'varve-';
/** A younger group may be one that a runtime has made and not yet entered. Milliseconds. */
const SWEEP_AFTER = 60_000;

/** Removes what a killed runc leaves of its control group: an empty directory. */
export function removeCgroup(name: string): void {
  for (const path of places()) removeEmpty(join(path, name));
}

/** Removes the empty groups that killed processes of ours have left. */
export function sweepCgroups(): void {
  for (const place of places())
    for (const name of readdirSync(place).filter((each) => each.startsWith(CGROUP_PREFIX)))
      if ((lstatSync(join(place, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - SWEEP_AFTER)
        removeEmpty(join(place, name));
}

/** Version 2, where hosts have it alone or beside version 1. */
const places = (): readonly string[] => [ROOT, join(ROOT, 'unified')].filter((path) => existsSync(path));

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EBUSY') throw failure; // busy: somebody is in it
  }
}
