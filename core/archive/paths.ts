import { pathOf } from './names.ts';

/** The host path of an entry below a directory, in the form that `node:fs` takes. `path` must be an entry path (`cleanPath`). */
export const joinPath = (root: string, path: string): string | Buffer => pathOf(hostPath(root, path));

/** The host path of an entry as a string, for `Content.file`; give it to `node:fs` through `pathOf`. */
export const hostPath = (root: string, path: string): string => (path === '' ? root : `${root}/${path}`);

/** The entry path that a user's or an archive's path means: relative, no `.`, no `..` (which stops at the root), no slash at either end. */
export function cleanPath(path: string): string {
  if (isClean(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The path of the directory that holds `path`; the root is its own parent. */
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** The last component of an entry path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The directories above a path, nearest first, without the root. */
export function ancestors(path: string): string[] {
  const found: string[] = [];
  for (let dir = parentOf(path); dir !== ''; dir = parentOf(dir)) found.push(dir);
  return found;
}

/** The path of a name in a directory. */
export const childPath = (dir: string, name: string): string => (dir === '' ? name : `${dir}/${name}`);

/** Whether `dir` is the parent of `path`, which is not the root. */
export function isDirectlyIn(path: string, dir: string): boolean {
  return Math.max(path.lastIndexOf('/'), 0) === dir.length && path.startsWith(dir);
}

/** Whether `path` is `dir` or lies below it. */
export const isWithin = (path: string, dir: string): boolean =>
  dir === '' || path === dir || (path.startsWith(dir) && path[dir.length] === '/');

/** No regular expression: it runs once for every entry of every archive. */
function isClean(path: string): boolean {
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && path.charCodeAt(i) !== 47) continue;
    const length = i - start;
    if (length === 0) return path.length === 0;
    if (length <= 2 && path.charCodeAt(start) === 46 && (length === 1 || path.charCodeAt(start + 1) === 46)) return false;
    start = i + 1;
  }
  return true;
}
