import { VarveError } from '@varve/core';
import { isProgressMode, PROGRESS_MODES, type ProgressMode, type Terminal } from './progress-mode.ts';

/** Where reports go: `process.stderr`, or anything that takes text at once. */
export interface Sink extends Terminal {
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** For builds that do not say it themselves (`options.progress` of the request). Default `auto`. */
  readonly mode?: ProgressMode;
  /** Keep the output of steps under `<root>/logs`. Default `true`. */
  readonly logs?: boolean;
  /** How many builds' logs are kept. Default 50. */
  readonly keepLogs?: number;
  /** Default `process.stderr`. */
  readonly stream?: Sink;
}
export type Settings = Required<ProgressOptions>;

const NAMES = ['mode', 'logs', 'keepLogs', 'stream'];

/** @throws VarveError `OPTIONS_INVALID` */
export function readOptions(raw: unknown): Settings {
  const given = (raw ?? {}) as Record<string, unknown>;
  const fail = (what: string): never => {
    throw new VarveError('OPTIONS_INVALID', what);
  };
  if (typeof given !== 'object' || Array.isArray(given)) fail('expected an object');
  for (const name of Object.keys(given)) if (!NAMES.includes(name)) fail(`no option is called "${name}"; there are ${NAMES.join(', ')}`);
  const { mode = 'auto', logs = true, keepLogs = 50, stream = process.stderr } = given;
  if (!isProgressMode(mode)) return fail(`mode: expected one of ${PROGRESS_MODES.join(', ')}, found ${JSON.stringify(mode)}`);
  if (typeof logs !== 'boolean') return fail(`logs: expected true or false, found ${JSON.stringify(logs)}`);
  if (typeof keepLogs !== 'number' || !Number.isInteger(keepLogs) || keepLogs < 1)
    return fail(`keepLogs: expected a whole number above 0, found ${JSON.stringify(keepLogs)}`);
  return { mode, logs, keepLogs, stream: stream as Sink };
}
