import { existsSync, mkdirSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type FileLock, tryLock } from './locks.ts';
import { uniqueName } from './unique-name.ts';

/**
 * Shows other processes that this one lives: a file in a directory of markers, locked for as long as the process runs. The kernel gives
 * the lock up however the process ends, so nobody has to guess by process ids, which come again and are not those of other namespaces.
 */
export class ProcessMarker implements Disposable {
  readonly #dir: string;
  #held: { readonly name: string; readonly lock: FileLock } | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** What to write beside things that this process holds. The file is made when first asked for. */
  get name(): string {
    this.#held ??= this.#hold();
    return this.#held.name;
  }

  /** Whether the process that wrote this name still runs. */
  isAlive(name: string): boolean {
    const path = join(this.#dir, name);
    if (!existsSync(path)) return false;
    using lock = tryLock(path);
    return lock === undefined;
  }

  /** Removes the markers of processes that ended without. */
  sweep(): void {
    for (const name of existsSync(this.#dir) ? readdirSync(this.#dir) : [])
      if (!name.startsWith('.') && !this.isAlive(name)) removeMarker(join(this.#dir, name));
  }

  [Symbol.dispose](): void {
    if (this.#held === undefined) return;
    removeMarker(join(this.#dir, this.#held.name));
    this.#held.lock.release();
    this.#held = undefined;
  }

  /** Locked under a name that nobody looks at, so that it is never seen unlocked. */
  #hold(): { readonly name: string; readonly lock: FileLock } {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const name = `${process.pid}-${uniqueName()}`;
    const hidden = join(this.#dir, `.${name}`);
    const lock = tryLock(hidden);
    if (lock === undefined) throw new Error(`${hidden} is locked by somebody else`);
    renameSync(hidden, join(this.#dir, name));
    return { name, lock };
  }
}

function removeMarker(path: string): void {
  try {
    unlinkSync(path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw failure;
  }
}
