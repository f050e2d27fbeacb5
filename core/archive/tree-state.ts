import { hash } from 'node:crypto';
import type { FileStamp } from './entry.ts';
import { isSettled } from './file-stamp.ts';
import type { TreeState } from './file-tree.ts';
import { childPath } from './paths.ts';

/** A file that has been looked at: of what Node says about one no more is kept than is needed, since trees are large. */
export interface SeenFile {
  readonly stamp: FileStamp;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly isDirectory: boolean;
  /** It has other names, too. */
  readonly isLinked: boolean;
}

export interface SeenTree {
  /** Which tree it is, whatever becomes of its files. */
  readonly of: string;
  /** When the first of its files was looked at, in nanoseconds since 1970: what is remembered of one may be as old. */
  readonly since: bigint;
  look(path: string): SeenFile | undefined;
  /** Names in a directory. */
  list(path: string): readonly string[];
}

/** The state of what is at and below these paths, told by times and numbers. */
export function stateOf(paths: readonly string[], { of, since, look, list }: SeenTree): TreeState {
  const directories = new Map<string, string | undefined>();
  const ids: string[] = [];
  const pending: string[] = [];
  let isTold = true;
  let size = 0;

  function take(below: readonly string[]): string | undefined {
    let lines = '';
    let isAlone = true;
    for (const path of below) {
      const seen = look(path);
      if (seen === undefined) continue;
      size++;
      lines += lineOf(path, seen);
      if (seen.isDirectory) pending.push(path);
      if (seen.isLinked) isAlone = false;
      if (!isSettled(seen.stamp, since)) isTold = isAlone = false;
    }
    const id = hash('sha256', lines, 'base64');
    ids.push(id);
    return isAlone ? id : undefined;
  }

  take(paths);
  for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
    if (directories.has(dir)) continue; // one source may lie in another
    const parent = dir;
    directories.set(dir, take(list(dir).map((name) => childPath(parent, name))));
  }
  return { of, id: isTold ? hash('sha256', ids.join(''), 'hex') : undefined, directories, size };
}

/** Each change of a file, of its attributes and extended attributes sets its ctime; the rest is for file systems that do not keep one. */
const lineOf = (path: string, { stamp, mode, uid, gid, isLinked }: SeenFile): string =>
  `${path}\0${stamp.dev},${stamp.ino},${stamp.size},${stamp.mtimeNs},${stamp.ctimeNs},${mode},${uid},${gid},${isLinked}\n`;
