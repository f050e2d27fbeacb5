import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileFailure } from './replace-file.ts';

const PATIENCE = 10_000;
/** Whoever holds a lock for longer than this was killed, or stopped. */
const LIFE = 60_000;
/** Who holds a lock: a process of this machine can be asked whether it lives. */
const OWNER = `${hostname()} ${process.pid}`;

/** Keeps other processes of ours out while a small file is read, changed and replaced. */
export async function holdLock(path: string, failure: FileFailure): Promise<AsyncDisposable> {
  for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
    const handle = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return undefined;
      throw failure(`it cannot be made: ${cause.code}`, cause);
    });
    if (handle !== undefined) {
      await handle.writeFile(OWNER);
      await handle.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    }
    if (await isAbandoned(path)) await takeAway(path);
    else if (Date.now() > end) throw failure('another process has held it for too long');
  }
}

/** Somebody may have taken it away and made their own meanwhile: that one is put back. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString('hex')}`;
  const isMoved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  if (!(await isAbandoned(aside))) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isAbandoned(path: string): Promise<boolean> {
  const { mtimeMs = Date.now() } = (await stat(path).catch(() => undefined)) ?? {};
  if (Date.now() - mtimeMs > LIFE) return true;
  const [host, pid] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  return host === hostname() && pid !== undefined && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
