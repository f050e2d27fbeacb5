import type { LibraryHandle } from 'koffi';
import { messageOf, VarveError } from '../src/errors.ts';
import { loadKoffi } from './koffi.ts';

/** A path as `node:fs` takes it: a string, or bytes where the name is not UTF-8. */
export type HostPath = string | Buffer;

type NativePath = HostPath; // koffi takes both for `const char *`; bytes must end in a zero

/** The C functions in use, in C's own terms: a negative result is a failure, told by `errno`. */
export interface Libc {
  mount(source: NativePath, target: NativePath, type: string | null, flags: number, data: NativePath | null): number;
  umount2(target: NativePath, flags: number): number;
  mknod(path: NativePath, mode: number, device: bigint): number;
  llistxattr(path: NativePath, list: Buffer | null, size: number): number;
  lgetxattr(path: NativePath, name: NativePath, value: Buffer | null, size: number): number;
  lsetxattr(path: NativePath, name: NativePath, value: Uint8Array, size: number, flags: number): number;
  lremovexattr(path: NativePath, name: NativePath): number;
  statx(dirFd: number, path: NativePath, flags: number, mask: number, into: Uint32Array): number;
  ioctl(fd: number, request: number, argument: number): number;
  flock(fd: number, operation: number): number;
  utimensat(dirFd: number, path: NativePath, times: BigInt64Array, flags: number): number;
  futimens(fd: number, times: BigInt64Array): number;
  // Through syscall(2), since older C libraries have no function for them: the first argument is the call's number.
  openat2(number: number, dirFd: number, path: NativePath, how: Buffer, size: number): number;
  fsopen(number: number, type: string, flags: number): number;
  fsconfig(number: number, fd: number, command: number, key: string | null, value: NativePath | null, aux: number): number;
  fsmount(number: number, fd: number, flags: number, attributes: number): number;
  move_mount(number: number, from: number, fromPath: string, to: number, toPath: NativePath, flags: number): number;
}

const SIGNATURES: Readonly<Record<keyof Libc, string>> = {
  mount: 'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  umount2: 'int umount2(const char *target, int flags)',
  mknod: 'int mknod(const char *path, uint32_t mode, uint64_t device)',
  llistxattr: 'long llistxattr(const char *path, void *list, size_t size)',
  lgetxattr: 'long lgetxattr(const char *path, const char *name, void *value, size_t size)',
  lsetxattr: 'int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)',
  lremovexattr: 'int lremovexattr(const char *path, const char *name)',
  statx: 'int statx(int dirFd, const char *path, int flags, unsigned int mask, void *into)',
  ioctl: 'int ioctl(int fd, unsigned long request, long argument)',
  flock: 'int flock(int fd, int operation)',
  utimensat: 'int utimensat(int dirFd, const char *path, const void *times, int flags)',
  futimens: 'int futimens(int fd, const void *times)',
  openat2: 'long syscall(long number, long dirFd, const char *path, const void *how, long size)',
  fsopen: 'long syscall(long number, const char *type, long flags)',
  fsconfig: 'long syscall(long number, long fd, long command, const char *key, const char *value, long aux)',
  fsmount: 'long syscall(long number, long fd, long flags, long attributes)',
  move_mount: 'long syscall(long number, long from, const char *fromPath, long to, const char *toPath, long flags)',
};

let native: Libc | VarveError | undefined;
let lastFailure = 0;

/** The C library, loaded on first use, since many commands never need it. @throws VarveError `SYSTEM_UNAVAILABLE` */
export function libc(): Libc {
  return loaded();
}

/** The reason of the last failure. */
export const errno = (): number => lastFailure;

/** Why no system call can be made here. */
export function whySystemUnavailable(): string | undefined {
  native ??= load();
  return VarveError.is(native) ? native.message : undefined;
}

function loaded(): Libc {
  native ??= load();
  if (VarveError.is(native)) throw native;
  return native;
}

function load(): Libc | VarveError {
  if (process.platform !== 'linux') return unavailable(`they are Linux's, and this is ${process.platform}`, undefined);
  try {
    const koffi = loadKoffi();
    return bind(koffi.load(null), () => koffi.errno());
  } catch (cause) {
    return unavailable(`koffi cannot be loaded (${messageOf(cause)})`, cause);
  }
}

/**
 * Each function is looked up when it is first called: an old C library may lack one that nobody needs. Why one failed is asked at once: code
 * that is loaded to tell of it makes calls of its own.
 */
function bind(library: LibraryHandle, errnoNow: () => number): Libc {
  const functions = {};
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    Object.defineProperty(functions, name, {
      configurable: true,
      get() {
        const call = library.func(signature) as (...args: unknown[]) => number;
        const value = (...args: unknown[]): number => {
          const result = call(...args);
          if (result < 0) lastFailure = errnoNow();
          return result;
        };
        Object.defineProperty(functions, name, { value });
        return value;
      },
    });
  }
  return functions as Libc; // every member of SIGNATURES has just been defined
}

const unavailable = (reason: string, cause: unknown): VarveError =>
  new VarveError('SYSTEM_UNAVAILABLE', `System calls are not available here: ${reason}`, {
    cause,
    hint: 'Install varve with its optional dependencies, on Linux (x64 or arm64)',
  });
