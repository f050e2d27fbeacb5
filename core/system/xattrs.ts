import { type HostPath, libc } from './libc.ts';
import { lastErrno, nativePath, systemError } from './system-error.ts';

/** Linux's limit for a list of names and for a value (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const MAX = 65_536;
let scratch: Buffer | undefined;

/** Names of a file's extended attributes, as latin1 strings; symlinks are not followed. Empty where the file system has none. */
export function listXattrs(path: HostPath): readonly string[] {
  const file = nativePath(path);
  const c = libc();
  scratch ??= Buffer.allocUnsafeSlow(MAX);
  const length = c.llistxattr(file, scratch, MAX);
  if (length > 0) return scratch.toString('latin1', 0, length - 1).split('\0');
  if (length === 0) return [];
  const reason = lastErrno();
  if (reason === 'ENOTSUP' || reason === 'EOPNOTSUPP') return [];
  throw systemError('llistxattr', path, reason);
}

/** A value's bytes; `undefined` if there is no such attribute. */
export function getXattr(path: HostPath, name: string): Buffer | undefined {
  scratch ??= Buffer.allocUnsafeSlow(MAX);
  const length = libc().lgetxattr(nativePath(path), nativeName(name), scratch, MAX);
  if (length >= 0) return Buffer.from(scratch.subarray(0, length));
  const reason = lastErrno();
  if (reason === 'ENODATA' || reason === 'ENOTSUP' || reason === 'EOPNOTSUPP') return undefined;
  throw systemError(`lgetxattr ${name}`, path, reason);
}

/** Creates or replaces an attribute; symlinks are not followed. @throws VarveError `SYSTEM_EOPNOTSUPP` where the file system has none */
export function setXattr(path: HostPath, name: string, value: Uint8Array): void {
  if (libc().lsetxattr(nativePath(path), nativeName(name), value, value.length, 0) === 0) return;
  throw systemError(`lsetxattr ${name}`, path, lastErrno());
}

/** Removes an attribute; nothing happens if there is none. */
export function removeXattr(path: HostPath, name: string): void {
  if (libc().lremovexattr(nativePath(path), nativeName(name)) === 0) return;
  const reason = lastErrno();
  if (reason !== 'ENODATA') throw systemError(`lremovexattr ${name}`, path, reason);
}

const nativeName = (name: string): HostPath => nativePath(Buffer.from(name, 'latin1'));
