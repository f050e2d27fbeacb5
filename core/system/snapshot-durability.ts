import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Written into a snapshot's directory once its files are known to be on the disk. */
const MARK = 'on-disk';
/** Milliseconds in which Linux has usually written everything by itself, so that a sync then finds little to do. */
const YOUNG = 60_000;

/** Differs from one start of the machine to the next. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return 'unknown';
  }
}

/**
 * Whether a snapshot was made before the machine started and never seen to be on the disk: names are there early, bytes come later, so
 * after a power cut its files may be empty. Nobody syncs for each snapshot; what is lost is made again.
 */
export const mayBeTorn = (dir: string, boot: string): boolean => boot !== bootId() && !existsSync(join(dir, MARK));

/** Lets the file system write everything in the background, and marks the snapshots that were there before. */
export function markOnDisk(root: string, dirs: readonly string[]): void {
  const waiting = dirs.filter((dir) => !existsSync(join(dir, MARK)));
  if (!waiting.some((dir) => ageOf(dir) > YOUNG)) return;
  // Without pipes, so that this process may end before: then it is asked again at the next start.
  const sync = spawn('sync', ['-f', root], { stdio: 'ignore' });
  sync.on('error', () => {});
  sync.on('exit', (code) => {
    for (const dir of code === 0 ? waiting : []) if (existsSync(dir)) writeFileSync(join(dir, MARK), '');
  });
  sync.unref();
}

function ageOf(dir: string): number {
  return Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}
