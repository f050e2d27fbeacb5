import { cleanPath } from './paths.ts';
import { badTarPath } from './tar-errors.ts';

/** Linux's limits for a path and for one name, in bytes; a string has at most as many characters. */
const PATH_MAX = 4096;
const NAME_MAX = 255;

/** A member's name as an entry path. @throws VarveError `TAR_PATH` if it leaves the root or no Linux could hold it */
export function archivePath(name: string): string {
  if (name.includes('\0')) throw badTarPath(name, 'contains a zero byte');
  if (name.length > PATH_MAX) throw badTarPath(name, `is longer than ${PATH_MAX} bytes`);
  if (name.includes('..') && leavesRoot(name)) throw badTarPath(name, 'leaves the root');
  const path = cleanPath(name);
  if (path.length > NAME_MAX) checkNames(path);
  return path;
}

function leavesRoot(name: string): boolean {
  let depth = 0;
  for (const part of name.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

function checkNames(path: string): void {
  if (path.split('/').some((part) => Buffer.byteLength(part) > NAME_MAX)) {
    throw badTarPath(path, `has a name longer than ${NAME_MAX} bytes`);
  }
}
