import { homedir } from 'node:os';
import { join } from 'node:path';
import { usageError } from '@varve/core/command';

/** Options that decide which toolchain runs a command: before the command's name, or among its own. */
export interface Globals {
  readonly root?: string | undefined;
  readonly config?: string | undefined;
  readonly debug: boolean;
}

/** Those in front of the command; the others are known once the command is. */
export function readGlobals(argv: readonly string[]): Globals {
  let globals: Globals = { debug: false };
  for (let i = 0; i < argv.length; i++) {
    const [, name, inline] = /^--(root|config)(?:=(.*))?$/s.exec(argv[i] ?? '') ?? [];
    if (name !== undefined) {
      globals = { ...globals, [name]: pathIn(name, inline ?? argv[++i]) };
    } else if (argv[i] === '--debug' || argv[i] === '-D') globals = { ...globals, debug: true };
    else break;
  }
  return globals;
}

/** @throws VarveError `USAGE`: an empty path would be the current directory */
export function pathIn(option: string, value: string | undefined): string {
  if (value === undefined || value === '') throw usageError(`--${option} needs a path`);
  return value;
}

/** Where images live: `--root`, `VARVE_ROOT`, the configuration, else the place that this user may write. */
export function rootOf(globals: Globals, configured: string | undefined, env: NodeJS.ProcessEnv): string {
  const home = () => env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share');
  const usual = () => (process.getuid?.() === 0 ? '/var/lib/varve' : join(home(), 'varve'));
  return globals.root ?? (env.VARVE_ROOT || (configured ?? usual()));
}
