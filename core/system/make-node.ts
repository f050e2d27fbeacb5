import { type HostPath, libc } from './libc.ts';
import { lastErrno, nativePath, systemError } from './system-error.ts';

const TYPES = { char: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

export interface NodeKind {
  readonly type: keyof typeof TYPES;
  /** Permission bits; the umask takes its part. */
  readonly mode: number;
  readonly major?: number;
  readonly minor?: number;
}

/** Creates a device or FIFO. @throws VarveError `SYSTEM_EEXIST`, `SYSTEM_EPERM` */
export function makeNode(path: HostPath, { type, mode, major = 0, minor = 0 }: NodeKind): void {
  if (libc().mknod(nativePath(path), TYPES[type] | mode, deviceNumber(major, minor)) === 0) return;
  throw systemError('mknod', path, lastErrno());
}

/** Linux's `dev_t`: 12 bits of the major and 8 of the minor number below, the rest above. */
export function deviceNumber(major: number, minor: number): bigint {
  const a = BigInt(major);
  const b = BigInt(minor);
  return ((a & 0xfffn) << 8n) | (b & 0xffn) | ((b & ~0xffn) << 12n) | ((a & ~0xfffn) << 32n);
}

/** The reverse of `deviceNumber`. */
export function splitDevice(device: bigint): { readonly major: number; readonly minor: number } {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}
