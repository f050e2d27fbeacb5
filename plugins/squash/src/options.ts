import { VarveError } from '@varve/core';

export interface SquashOptions {
  /** Squash every build, not only those that ask for it with the build option `squash`. */
  readonly always: boolean;
}

/** @throws VarveError `OPTIONS_INVALID` */
export function readOptions(raw: unknown): SquashOptions {
  const given = (raw ?? {}) as Partial<SquashOptions>;
  const unknown = Object.keys(given).find((name) => name !== 'always');
  if (unknown !== undefined) throw invalid(`no such option "${unknown}", expected "always"`);
  const { always = false } = given;
  if (typeof always !== 'boolean') throw invalid(`"always" should be true or false, found ${JSON.stringify(always)}`);
  return { always };
}

const invalid = (message: string): VarveError => new VarveError('OPTIONS_INVALID', message);
