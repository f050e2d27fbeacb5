import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '../src/errors.ts';
import { type HostPath, libc } from './libc.ts';
import { mountOverlay } from './mount-overlay.ts';
import { lastErrno, nativePath, systemError } from './system-error.ts';

/** A mount as in the OCI runtime specification: `options` are flags (`rbind`, `ro`, `nosuid`) and the file system's own data. */
export interface MountRequest {
  readonly target: string;
  readonly source: string;
  /** `overlay`, `proc`, `tmpfs`, …; `bind` or anything for binds and changes of propagation. */
  readonly type: string;
  readonly options?: readonly string[];
}

const RECURSIVE = 0x4000;
const BIND = 0x1000;
const REMOUNT = 0x20;
const READ_ONLY = 0x1;
/** Flags that a bind only takes when it is mounted once more. */
const AFTER_BIND = 0x1 | 0x2 | 0x4 | 0x8 | 0x400 | 0x800 | 0x200000;
const PROPAGATION = (1 << 17) | (1 << 18) | (1 << 19) | (1 << 20);

const SET: Readonly<Record<string, number>> = {
  ro: READ_ONLY,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  sync: 0x10,
  remount: REMOUNT,
  dirsync: 0x80,
  noatime: 0x400,
  nodiratime: 0x800,
  bind: BIND,
  rbind: BIND | RECURSIVE,
  move: 0x2000,
  relatime: 0x200000,
  strictatime: 0x1000000,
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
  runbindable: (1 << 17) | RECURSIVE,
  rprivate: (1 << 18) | RECURSIVE,
  rslave: (1 << 19) | RECURSIVE,
  rshared: (1 << 20) | RECURSIVE,
};
const CLEAR: Readonly<Record<string, number>> = {
  rw: 0x1,
  suid: 0x2,
  dev: 0x4,
  exec: 0x8,
  async: 0x10,
  atime: 0x400,
  defaults: 0,
};

/** Linux takes one page of data, with its closing zero. */
const DATA_MAX = 4095;

/**
 * Mounts. A bind with `ro` and the like is mounted twice, as Linux wants it; of a recursive bind only the top mount becomes so. An
 * overlay whose options are too long for mount(2) is mounted by fsconfig(2).
 *
 * @throws VarveError `SYSTEM_…`, `MOUNT_OPTIONS` for options longer than a page
 */
export function mount({ target, source, type, options = [] }: MountRequest): void {
  const { flags, data } = parseMountOptions(options);
  const call = (now: number, text: string | null): void => callMount({ source, target, type, flags: now, data: text });
  const propagation = flags & PROPAGATION;
  const bind = (flags & BIND) !== 0 || type === 'bind';
  const main = flags & ~PROPAGATION & (propagation ? ~RECURSIVE | (flags & BIND ? RECURSIVE : 0) : ~0);
  if (bind && (flags & REMOUNT) === 0) {
    call(BIND | (main & RECURSIVE), null);
    if ((main & AFTER_BIND) !== 0) call(BIND | REMOUNT | (main & AFTER_BIND), null);
  } else if (type === 'overlay' && Buffer.byteLength(data) > DATA_MAX) mountOverlay(target, data);
  else if (propagation === 0 || main !== 0 || data !== '' || (type !== 'none' && type !== '')) call(main, data);
  if (propagation !== 0) call(propagation | (flags & RECURSIVE), null);
}

export function parseMountOptions(options: readonly string[]): {
  readonly flags: number;
  readonly data: string;
} {
  let flags = 0;
  const data: string[] = [];
  for (const option of options) {
    const set = SET[option];
    const clear = CLEAR[option];
    if (set !== undefined) flags |= set;
    else if (clear !== undefined) flags &= ~clear;
    else data.push(option);
  }
  return { flags, data: data.join(',') };
}

interface RawMount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string | null;
}

function callMount({ source, target, type, flags, data }: RawMount): void {
  if (data !== null && Buffer.byteLength(data) > DATA_MAX) {
    throw new VarveError('MOUNT_OPTIONS', `Options of a ${type} mount take ${DATA_MAX} bytes, found ${Buffer.byteLength(data)}`);
  }
  if (libc().mount(source, target, type, flags, data) !== 0) throw systemError(`mount (${type})`, target, lastErrno());
}

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
/** Milliseconds between attempts: a process that has just ended may hold its mount for a moment. */
const WAITS = [2, 5, 10, 20, 40, 80, 160];

/**
 * Unmounts; nothing happens if nothing is mounted there. A busy mount is tried again for a third of a second and then detached: it
 * disappears from view at once and ends when its last user does.
 */
export async function unmount(target: HostPath): Promise<void> {
  const path = nativePath(target);
  for (const wait of WAITS) {
    const reason = callUnmount(path, UMOUNT_NOFOLLOW);
    if (reason !== 'EBUSY') return checkUnmount(target, reason);
    await sleep(wait);
  }
  checkUnmount(target, callUnmount(path, UMOUNT_NOFOLLOW | MNT_DETACH));
}

const callUnmount = (path: HostPath, flags: number): string | undefined => (libc().umount2(path, flags) === 0 ? undefined : lastErrno());

function checkUnmount(target: HostPath, reason: string | undefined): void {
  if (reason !== undefined && reason !== 'EINVAL' && reason !== 'ENOENT') throw systemError('umount', target, reason);
}
