import { mount } from './mount.ts';
import type { Mount } from './snapshot-info.ts';

/**
 * Mounts what a storage driver returned on one directory, in order. Options may be relative to a directory of their own: this process is
 * there for the moment of the call, in which nothing else of it runs but what is under way in Node's thread pool.
 *
 * @throws VarveError `SYSTEM_…`
 */
export function mountAll(mounts: readonly Mount[], target: string): void {
  for (const { cwd, ...request } of mounts) {
    const before = process.cwd();
    if (cwd !== undefined) process.chdir(cwd);
    try {
      mount({ ...request, target });
    } finally {
      if (cwd !== undefined) process.chdir(before);
    }
  }
}

/** The directory behind mounts that only show one, so that nothing need be mounted; `undefined` for anything else. */
export function plainDirectory(mounts: readonly Mount[]): string | undefined {
  const [only] = mounts;
  return mounts.length === 1 && only?.type === 'bind' ? only.source : undefined;
}
