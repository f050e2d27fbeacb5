import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';

/** Removes a file or a directory with everything in it, without following symlinks. Names may be any bytes. Nothing there: nothing happens. */
export function removeTree(path: string | Buffer): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory()) {
    emptyDirectory(path);
    rmdirSync(path);
  } else unlinkSync(path);
}

/** Removes everything in a real directory. */
export function emptyDirectory(path: string | Buffer): void {
  const prefix = Buffer.concat([Buffer.from(path), SLASH]);
  for (const name of readdirSync(path, 'buffer')) removeTree(Buffer.concat([prefix, name]));
}

const SLASH = Buffer.from('/');
