import { type SourceRange, VarveError } from '@varve/core';

/** The error of a text that is no Dockerfile. Messages are worded as BuildKit words them: that is what people search for. */
export function syntaxError(message: string, source: SourceRange, hint?: string): VarveError {
  return new VarveError('FRONTEND_SYNTAX', message, { source, hint });
}

/** The error of one instruction, with its line in the text as well as in `source`. */
export function instructionError(message: string, source: SourceRange, hint?: string): VarveError {
  return syntaxError(`dockerfile parse error on line ${source.startLine}: ${message}`, source, hint);
}
