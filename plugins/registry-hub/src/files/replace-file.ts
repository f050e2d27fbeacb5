import { randomBytes } from 'node:crypto';
import { chmod, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VarveError } from '@varve/core';

/** Makes the error of a file that cannot be worked with. */
export type FileFailure = (why: string, cause?: unknown) => VarveError;

/** Puts a text where a file was or will be: whole and on disk, or not at all. Readable for its owner only. */
export async function replaceFile(file: string, text: string, failure: FileFailure): Promise<void> {
  const temporary = join(dirname(file), `.varve-${randomBytes(8).toString('hex')}`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, 0o600); // whatever the umask
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw failure(`it cannot be written: ${(cause as NodeJS.ErrnoException).code}`, cause);
  }
}
