import { type HostPath, libc } from './libc.ts';
import { lastErrno, nativePath, systemError } from './system-error.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const UTIME_OMIT = (1n << 30n) - 2n;

const times = new BigInt64Array(4); // atime, mtime: seconds and nanoseconds each

function setBuffer(seconds: number, nanoseconds: number): BigInt64Array {
  times[1] = UTIME_OMIT;
  times[2] = BigInt(seconds);
  times[3] = BigInt(nanoseconds);
  return times;
}

/** Sets the mtime of a file, of a symlink itself; atime stays. `fs.lutimes` goes through a double and loses nanoseconds. */
export function setMtime(path: HostPath, seconds: number, nanoseconds: number): void {
  if (libc().utimensat(AT_FDCWD, nativePath(path), setBuffer(seconds, nanoseconds), AT_SYMLINK_NOFOLLOW) === 0) return;
  throw systemError('utimensat', path, lastErrno());
}

/** Sets the mtime of an open file; atime stays. */
export function setMtimeOf(fd: number, seconds: number, nanoseconds: number): void {
  if (libc().futimens(fd, setBuffer(seconds, nanoseconds)) === 0) return;
  throw systemError('futimens', fd, lastErrno());
}
