import { VarveError } from '../src/errors.ts';

/** The command line was misused: exit code 2. */
export const usageError = (message: string, hint?: string): VarveError => new VarveError('USAGE', message, { hint });
