import { closeSync, constants, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostPath, libc } from './libc.ts';
import { lastErrno, systemError } from './system-error.ts';

const SHARED = 1;
const EXCLUSIVE = 2;
const NON_BLOCKING = 4;

export interface LockOptions {
  /** Any number of shared locks may be held at once; default false. */
  readonly shared?: boolean;
}

/** A held lock. Ends with `release`, with disposal, or with the process, however that ends. */
export interface FileLock extends Disposable {
  /** May be called again. */
  release(): void;
}

/**
 * Takes a lock on a file, which is created and stays; `undefined` if another holds it, in this process too.
 *
 * @throws VarveError `SYSTEM_…`
 */
export function tryLock(path: HostPath, { shared = false }: LockOptions = {}): FileLock | undefined {
  return lockOpen(openSync(path, 'a', 0o600), path, shared);
}

/** The same for a directory, which must be there; `undefined` also when it is gone. */
export function tryLockDirectory(path: string): FileLock | undefined {
  try {
    return lockOpen(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY), path, false);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure;
  }
}

function lockOpen(fd: number, path: HostPath, shared: boolean): FileLock | undefined {
  if (libc().flock(fd, (shared ? SHARED : EXCLUSIVE) | NON_BLOCKING) === 0) return holding(fd);
  const reason = lastErrno();
  closeSync(fd);
  if (reason === 'EAGAIN' || reason === 'EWOULDBLOCK') return undefined;
  throw systemError('flock', path, reason);
}

/** Waits until the lock is free. It asks again and again, so that waiting can be cancelled and blocks no thread. */
export async function lock(
  path: HostPath,
  { shared = false, signal }: LockOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<FileLock> {
  for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
    signal?.throwIfAborted();
    const held = tryLock(path, { shared });
    if (held !== undefined) return held;
    await sleep(wait, undefined, signal === undefined ? {} : { signal });
  }
}

function holding(fd: number): FileLock {
  let open = true;
  const release = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return { release, [Symbol.dispose]: release };
}
