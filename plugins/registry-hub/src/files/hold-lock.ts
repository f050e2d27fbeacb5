import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileFailure } from './replace-file.ts';

const PATIENCE = 10_000;
/** Whoever holds a lock for longer than this was killed. */
const LIFE = 60_000;

/** Keeps other processes of ours out while a small file is read, changed and replaced. */
export async function holdLock(path: string, failure: FileFailure): Promise<AsyncDisposable> {
  for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
    const handle = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return undefined;
      throw failure(`it cannot be made: ${cause.code}`, cause);
    });
    if (handle !== undefined) {
      await handle.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    }
    const { mtimeMs = Date.now() } = (await stat(path).catch(() => undefined)) ?? {};
    if (Date.now() - mtimeMs > LIFE) await rm(path, { force: true });
    else if (Date.now() > end) throw failure('another process has held it for too long');
  }
}
