import { VarveError } from '@varve/core';

export const templateError = (message: string): VarveError => new VarveError('TEMPLATE_INVALID', `template parsing error: ${message}`);
