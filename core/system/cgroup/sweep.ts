import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { type FileLock, tryLockDirectory } from '../locks.ts';
import { GROUPS } from './control-group.ts';
import { isFrozen, setFrozen } from './freezer.ts';
import { directoriesIn, removeGroup } from './group-files.ts';
import { hierarchies } from './hierarchies.ts';

/** Ends and removes the groups of processes that were killed: those whose lock nobody holds. What stands still must go on to end. */
export async function sweepControlGroups(): Promise<void> {
  const locks: FileLock[] = [];
  const parents = new Set([...hierarchies().values()].map(({ dir }) => join(dir, GROUPS)));
  const dirs = [...parents]
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => directoriesIn(parent).map((name) => join(parent, name)));
  const left = dirs.filter((dir) => {
    if (isYoung(dir)) return false;
    const lock = tryLockDirectory(dir);
    if (lock !== undefined) locks.push(lock);
    return lock !== undefined;
  });
  try {
    for (const dir of left)
      for (const version of [1, 2] as const) if (isFrozen(dir, version) === true) setFrozen(dir, { frozen: false, version });
    for (const dir of left) await removeGroup(dir);
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** It may be one that has just been made and not yet been locked. */
const isYoung = (dir: string): boolean => (lstatSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > Date.now() - 60_000;
