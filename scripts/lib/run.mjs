// What the scripts share. They are started by whatever Node is on the machine, before anything is installed: Node 20 must do.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The project's own Node and tools first; `sbin`, where Debian keeps runc, last. */
export const PATH = [join(ROOT, 'node_modules', '.bin'), process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);

export const isRoot = process.getuid?.() === 0;

export function say(text) {
  console.log(`\n=> ${text}`);
}

/** Runs a program in the foreground; its failure ends this script with the same code. */
export function run(command, args, options = {}) {
  const code = tryRun(command, args, options);
  if (code !== 0) {
    console.error(`\n${[command, ...args].join(' ')} ended with ${code}`);
    process.exit(code);
  }
}

export function tryRun(command, args, { env = {}, stdio = 'inherit', cwd = ROOT } = {}) {
  const { status, error } = spawnSync(command, args, { cwd, stdio, env: { ...process.env, PATH, ...env } });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** Where a program is, or `undefined`. */
export function whereIs(program) {
  return PATH.split(delimiter)
    .map((dir) => join(dir, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
