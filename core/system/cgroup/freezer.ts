import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_ENV } from '../launch/host-env.ts';
import { isGone, readIfThere } from './group-files.ts';

const FILES = {
  1: { name: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED' },
  2: { name: 'cgroup.freeze', frozen: '1', thawed: '0' },
} as const;

/** Asks the kernel to stop or go on with everything in a group, which takes a moment. */
export function setFrozen(dir: string, { frozen, version }: { readonly frozen: boolean; readonly version: 1 | 2 }): void {
  const file = FILES[version];
  try {
    writeFileSync(join(dir, file.name), frozen ? file.frozen : file.thawed);
  } catch (failure) {
    if (!isGone(failure)) throw failure;
  }
}

/** Whether everything stands still; `undefined` for a group that is gone. */
export function isFrozen(dir: string, version: 1 | 2): boolean | undefined {
  if (version === 1) return map(readIfThere(join(dir, 'freezer.state')), (text) => text.trim() === 'FROZEN');
  return map(readIfThere(join(dir, 'cgroup.events')), (text) => /^frozen 1$/m.test(text));
}

const map = <T, R>(value: T | undefined, change: (value: T) => R): R | undefined => (value === undefined ? undefined : change(value));

/**
 * Lets a group of version 1 go on when this process ends, however it does: what stands still there cannot be killed (in version 2 it
 * can), and would stay for as long as the machine runs.
 */
export function guardFrozen(dir: string): Disposable {
  const { name, thawed } = FILES[1];
  const script = 'read -r _; echo "$2" >"$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'guard', join(dir, name), thawed], {
    env: HOST_ENV,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  return { [Symbol.dispose]: () => void guard.kill('SIGKILL') };
}
