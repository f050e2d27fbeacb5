import { readdirSync, readFileSync, statSync } from 'node:fs';
import { getXattr } from '../system/xattrs.ts';

/** What files have that this process makes, before anybody changes it. */
export interface OwnFiles {
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
}

/**
 * What everything has that is made in a directory, so that nobody need say it again: two of six system calls for a usual file.
 * `undefined` where it is not certain: directories that are there may give their group (setgid, `grpid`) or an access list to what is made
 * in them, those that are made here have both from the root.
 */
export function ownFilesIn(root: string): OwnFiles | undefined {
  const [uid, gid, umask] = [process.geteuid?.(), process.getegid?.(), readUmask()];
  if (uid === undefined || gid === undefined || umask === undefined) return undefined;
  const isCertain =
    readdirSync(root).length === 0 && statSync(root).gid === gid && getXattr(root, 'system.posix_acl_default') === undefined;
  return isCertain ? { uid, gid, umask } : undefined;
}

/** `process.umask()` changes it for an instant, in which other threads may make files. */
function readUmask(): number | undefined {
  const digits = /^Umask:\s*([0-7]+)$/m.exec(readStatus())?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'latin1');
  } catch {
    return ''; // no Linux, or no /proc
  }
}
