import { execFile } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf, VarveError } from '../src/errors.ts';
import { unmount } from './mount.ts';
import { mounts } from './mounts.ts';

/** Files between two turns of the event loop. */
const BATCH = 500;

/**
 * Removes a directory with all it holds; nothing happens if there is none. What is mounted in it is unmounted first, so that no file of
 * another file system is ever removed. Directories that forbid it to their owner are made writable.
 *
 * @throws VarveError `REMOVE_FAILED`
 */
export async function removeTree(path: string): Promise<void> {
  const below = mounts().filter(({ target }) => target === path || target.startsWith(`${path}/`));
  for (const { target } of below.reverse()) await unmount(target);
  let count = 0;
  try {
    for (const _ of removing(Buffer.from(path))) if (++count % BATCH === 0) await nextTurn();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return await removeDeepTree(path);
    throw new VarveError('REMOVE_FAILED', `Cannot remove ${JSON.stringify(path)}: ${messageOf(cause)}`, { cause });
  }
}

/** Deeper than a path can say; the program goes down with a directory handle. */
async function removeDeepTree(path: string): Promise<void> {
  try {
    await promisify(execFile)('rm', ['-rf', '--', path]);
  } catch (cause) {
    throw new VarveError('REMOVE_FAILED', `Cannot remove ${JSON.stringify(path)}: ${messageOf(cause)}`, { cause });
  }
}

function* removing(path: Buffer): Generator<void, void, undefined> {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) return unlinkSync(path);
  if ((status.mode & 0o700) !== 0o700) chmodSync(path, 0o700);
  for (const entry of readdirSync(path, { encoding: 'buffer', withFileTypes: true })) {
    const child = Buffer.concat([path, SLASH, entry.name]);
    if (entry.isDirectory()) yield* removing(child);
    else unlinkSync(child);
    yield;
  }
  rmdirSync(path);
}
const SLASH = Buffer.from('/');
