import { closeSync, constants } from 'node:fs';
import { type HostPath, libc, whySystemUnavailable } from './libc.ts';
import { lastErrno, nativePath, systemError } from './system-error.ts';

const OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

export interface OpenOptions {
  /** `fs.constants.O_…`; default `O_RDONLY`. Files are always closed on exec. */
  readonly flags?: number;
  /** Of a file that is created. */
  readonly mode?: number;
}

/**
 * Opens a path as if the directory behind `rootFd` were the root of everything: no symlink, no `..` and no absolute path leaves it, also
 * while others change the tree (openat2(2), RESOLVE_IN_ROOT, Linux 5.6). The caller closes the file.
 *
 * @throws VarveError `SYSTEM_ENOENT`, `SYSTEM_ELOOP`, `SYSTEM_…`
 */
export function openInRoot(rootFd: number, path: HostPath, { flags = constants.O_RDONLY, mode = 0 }: OpenOptions = {}): number {
  const how = Buffer.alloc(24); // struct open_how
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
  const fd = libc().openat2(OPENAT2, rootFd, nativePath(path), how, how.length);
  if (fd >= 0) return fd;
  throw systemError('openat2', path, lastErrno());
}

const O_CLOEXEC = 0o2000000;

let can: boolean | undefined;

/** Whether this host has the call. */
export function canOpenInRoot(): boolean {
  can ??= whySystemUnavailable() === undefined && tryToOpen();
  return can;
}

function tryToOpen(): boolean {
  try {
    closeSync(openInRoot(AT_FDCWD, '.', { flags: constants.O_RDONLY | constants.O_DIRECTORY }));
    return true;
  } catch {
    return false;
  }
}

const AT_FDCWD = -100;
