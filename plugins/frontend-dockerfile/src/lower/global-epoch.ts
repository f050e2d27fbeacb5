import type { Dockerfile } from '../instructions/instruction.ts';
import { syntaxError } from '../parser/syntax-error.ts';
import type { GlobalArguments } from './build-arguments.ts';

const NAME = 'SOURCE_DATE_EPOCH';

/** The time that an ARG before the first FROM gives the image. @throws VarveError `FRONTEND_SYNTAX` */
export function globalEpoch({ globals }: Dockerfile, values: GlobalArguments): number | undefined {
  const value = values.get(NAME);
  const declared = globals.findLast(({ declarations }) => declarations.some(({ name }) => name === NAME));
  if (declared === undefined || value === undefined || value === '') return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw syntaxError(`invalid ${NAME}: ${value}`, declared.source, 'Whole seconds since 1970, as `date +%s` prints them.');
}
