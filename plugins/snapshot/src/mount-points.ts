import { existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName } from '@varve/core/system';

/**
 * Milliseconds after which an empty mount point was left by a killed process: a day, because one that is mounted on in another mount
 * namespace looks empty here, and removing it would take that mount away.
 */
const STALE = 24 * 60 * 60_000;

/**
 * Directories that snapshots are shown on. They are not among the store's temporary files, which are swept with all they hold: here that
 * would reach through a mount into a snapshot. Only empty directories are ever removed.
 */
export class MountPoints {
  readonly #dir: string;

  /** @param storeRoot absolute path of the store */
  constructor(storeRoot: string) {
    this.#dir = join(storeRoot, 'mnt');
  }

  make(): string {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const path = join(this.#dir, uniqueName());
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  /** @throws Error of `node:fs` if something is in it or mounted on it */
  drop(path: string): void {
    rmdirSync(path);
  }

  /** What the file system's clock says, in nanoseconds: files that are changed from now on have this ctime or a later one. */
  now(): bigint {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const path = join(this.#dir, uniqueName());
    writeFileSync(path, '');
    try {
      return lstatSync(path, { bigint: true }).ctimeNs;
    } finally {
      unlinkSync(path);
    }
  }

  sweep(): void {
    for (const name of existsSync(this.#dir) ? readdirSync(this.#dir) : []) {
      const path = join(this.#dir, name);
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE) removeIfUnused(path);
    }
  }
}

function removeIfUnused(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Something is mounted on it in this namespace, or it is no directory.
  }
}
