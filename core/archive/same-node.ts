import type { NodeEntry } from './entry.ts';

/** Whether two entries say the same about their file; a file's bytes are not looked at. */
export function isSameNode(a: NodeEntry, b: NodeEntry): boolean {
  if (a.type !== b.type || !isSameAttributes(a, b)) return false;
  if (a.type === 'file') return a.size === (b as typeof a).size; // of the same type, as compared above
  if (a.type === 'symlink') return a.target === (b as typeof a).target;
  if (a.type === 'char' || a.type === 'block') {
    return a.major === (b as typeof a).major && a.minor === (b as typeof a).minor;
  }
  return true;
}

/** Symlinks have no mode on Linux. */
const isSameAttributes = (a: NodeEntry, b: NodeEntry): boolean =>
  (a.mode === b.mode || a.type === 'symlink') &&
  a.uid === b.uid &&
  a.gid === b.gid &&
  a.mtime.seconds === b.mtime.seconds &&
  a.mtime.nanoseconds === b.mtime.nanoseconds &&
  (a.xattrs === b.xattrs || isSameRecord(a.xattrs ?? {}, b.xattrs ?? {}));

function isSameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
