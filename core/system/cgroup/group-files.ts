import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killQuietly } from '../launch/end-tree.ts';

/** Kills what runs in a group and removes it; the groups that a container has made inside go first. */
export async function removeGroup(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  for (const name of directoriesIn(dir)) await removeGroup(join(dir, name));
  for (let wait = 1; !removeEmpty(dir) && wait < 2000; wait *= 2) {
    for (const pid of processesIn(dir)) killQuietly(pid);
    await sleep(wait);
  }
}

/** `false`: somebody is in it, or has not quite gone. */
export function removeEmpty(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch (failure) {
    if (isGone(failure)) return true;
    if ((failure as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw failure;
  }
}

export const directoriesIn = (dir: string): readonly string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** Also in the groups inside of it. */
export const allProcessesIn = (dir: string): readonly number[] =>
  existsSync(dir) ? [...processesIn(dir), ...directoriesIn(dir).flatMap((name) => allProcessesIn(join(dir, name)))] : [];

export const processesIn = (dir: string): readonly number[] =>
  (readIfThere(join(dir, 'cgroup.procs')) ?? '').split('\n').map(Number).filter(Boolean);

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (failure) {
    if (isGone(failure)) return undefined;
    throw failure;
  }
}

/** ENODEV: the group was removed while its file was open. */
export const isGone = (failure: unknown): boolean => ['ENOENT', 'ENODEV'].includes((failure as NodeJS.ErrnoException).code ?? '');
