import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { VarveError } from '../src/errors.ts';
import { openInRoot } from '../system/open-in-root.ts';
import { ACCOUNTS_LIMIT, type AccountFiles } from './users.ts';

/** Those of a directory that is the root of a container. No symlink in it leads out of it, whatever its processes do meanwhile. */
export const accountsInRoot =
  (root: string): AccountFiles =>
  async (path) => {
    const dir = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      return readIn(dir, path);
    } finally {
      closeSync(dir);
    }
  };

function readIn(dir: number, path: string): string | undefined {
  let fd: number;
  try {
    fd = openInRoot(dir, path, { flags: constants.O_RDONLY | constants.O_NONBLOCK });
  } catch (failure) {
    if (VarveError.is(failure) && ['SYSTEM_ENOENT', 'SYSTEM_ENOTDIR', 'SYSTEM_ELOOP'].includes(failure.code)) return undefined;
    throw failure;
  }
  try {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile() || size > ACCOUNTS_LIMIT) return undefined;
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(fd, bytes, 0, size, 0)).toString('utf8');
  } finally {
    closeSync(fd);
  }
}
