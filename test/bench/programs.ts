import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is, or `undefined`; also where Debian keeps those for root. */
export function whereIs(program: string): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return places.map((dir) => join(dir, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a short program and returns what it printed; `undefined` when it failed. */
export function ask(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? stdout.trim() : undefined;
}

/** Why something cannot run without these programs, or `undefined`. */
export function whyMissing(...programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => whereIs(program) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(', ')} not found`;
}
