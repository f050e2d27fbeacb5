import type { NodeEntry, Timestamp } from '@varve/core/archive';
import type { AttributeChange } from './compare-trees.ts';

/** What two entries of one path say differently. `contents`: the digests of their bytes, where those differ. */
export function attributeChanges(a: NodeEntry, b: NodeEntry, contents?: readonly [string, string]): readonly AttributeChange[] {
  const changes: AttributeChange[] = [];
  const compare = (what: string, from: string, to: string) => {
    if (from !== to) changes.push({ what, from, to });
  };
  compare('type', a.type, b.type);
  if (a.type !== 'symlink' && b.type !== 'symlink') compare('mode', octal(a.mode), octal(b.mode));
  compare('owner', `${a.uid}:${a.gid}`, `${b.uid}:${b.gid}`);
  if (a.type === 'file' && b.type === 'file') compare('size', String(a.size), String(b.size));
  if (contents !== undefined) compare('content', contents[0], contents[1]);
  if (a.type === 'symlink' && b.type === 'symlink') compare('target', a.target, b.target);
  if ('major' in a && 'major' in b) compare('device', `${a.major}:${a.minor}`, `${b.major}:${b.minor}`);
  compare('mtime', time(a.mtime), time(b.mtime));
  const names = new Set([...Object.keys(a.xattrs ?? {}), ...Object.keys(b.xattrs ?? {})]);
  for (const name of [...names].sort()) compare(`xattr ${name}`, hex(a.xattrs?.[name]), hex(b.xattrs?.[name]));
  return changes;
}

export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** RFC 3339 to the nanosecond, without zeros that say nothing. */
function time({ seconds, nanoseconds }: Timestamp): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s`; // beyond the year 275760
  const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
  return date.toISOString().replace(/\.000Z$/, `${fraction}Z`);
}

/** Values are bytes. */
const hex = (value: string | undefined): string => (value === undefined ? 'none' : `0x${Buffer.from(value, 'latin1').toString('hex')}`);
