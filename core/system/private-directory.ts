import { mkdtempSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileLock, tryLock } from './locks.ts';
import { uniqueName } from './unique-name.ts';

const KEPT = 'varve-private-';
/** Magic numbers of tmpfs and ramfs (linux/magic.h). */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/**
 * A directory that only its owner can enter, in memory wherever this host has such a place, and never in the store. It is removed when it
 * is disposed of; one of a process that was killed by the next that is made. Nobody else's is touched: its lock says whose it is.
 */
export class PrivateDirectory implements Disposable {
  readonly path: string;
  readonly #held: FileLock | undefined;

  constructor(parent: string = findPlace()) {
    sweep(parent);
    const fresh = mkdtempSync(join(parent, 'varve-new-'));
    this.#held = tryLock(join(fresh, LOCK));
    this.path = join(parent, KEPT + uniqueName());
    renameSync(fresh, this.path); // locked before anybody looks at it
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
    this.#held?.release();
  }
}

const LOCK = 'lock';

/** Places where nobody else can put another directory in the place of ours. */
const findPlace = (): string => places().find(isUsable) ?? tmpdir();
const places = () => (process.getuid?.() === 0 ? ['/dev/shm', '/run'] : [process.env.XDG_RUNTIME_DIR, '/dev/shm']);

function isUsable(path: string | undefined): path is string {
  if (!path) return false;
  try {
    rmSync(mkdtempSync(join(path, 'varve-new-')), { recursive: true });
    return IN_MEMORY.includes(statfsSync(path).type);
  } catch {
    return false; // not there, or not ours to write to
  }
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) if (name.startsWith(KEPT)) removeAbandoned(join(parent, name));
}

function removeAbandoned(path: string): void {
  try {
    using held = tryLock(join(path, LOCK));
    if (held !== undefined) rmSync(path, { recursive: true, force: true });
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES') throw failure; // gone meanwhile, or another user's
  }
}
