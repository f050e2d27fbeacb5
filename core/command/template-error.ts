import { VarveError } from '../src/errors.ts';

export const templateError = (message: string): VarveError => new VarveError('TEMPLATE_INVALID', `template parsing error: ${message}`);
