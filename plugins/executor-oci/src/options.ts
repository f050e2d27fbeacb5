import { VarveError } from '@varve/core';

export interface OciOptions {
  /** Name or path of the runtime. Default: the first of crun and runc that works. */
  readonly runtime?: string | undefined;
  /** Path of a file with the `linux.seccomp` object of the runtime specification. Default: no filter. */
  readonly seccomp?: string | undefined;
}

/** @throws VarveError `OPTIONS_INVALID` */
export function readOptions(raw: unknown): OciOptions {
  if (raw === undefined) return {};
  if (typeof raw !== 'object' || raw === null) throw invalid('an object', raw);
  const { runtime, seccomp, ...rest } = raw as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new VarveError('OPTIONS_INVALID', `unknown option ${JSON.stringify(unknown)}, there are runtime and seccomp`);
  for (const value of [runtime, seccomp]) if (value !== undefined && typeof value !== 'string') throw invalid('a name or path', value);
  return { runtime: runtime as string | undefined, seccomp: seccomp as string | undefined }; // checked right above
}

const invalid = (expected: string, found: unknown): VarveError =>
  new VarveError('OPTIONS_INVALID', `expected ${expected}, found ${JSON.stringify(found)}`);
