import type { Dockerfile } from '../instructions/instruction.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import { EPOCH, type GlobalArguments } from './build-arguments.ts';

/** The time that an ARG before the first FROM gives the image. @throws VarveError `FRONTEND_SYNTAX` */
export function globalEpoch({ globals }: Dockerfile, values: GlobalArguments): number | undefined {
  const value = values.get(EPOCH);
  const declared = globals.findLast(({ declarations }) => declarations.some(({ name }) => name === EPOCH));
  if (declared === undefined || value === undefined || value === '') return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw syntaxError(
    `invalid ${EPOCH}: ${value}`,
    declared.source,
    'Whole seconds since 1970, as `date +%s` prints them, or context: the time of a commit or an archive that is built.',
  );
}
