import { type SourceRange, VarveError } from '@varve/core';

/** Runs what does not know where in the file it works, and adds the place to its errors. */
export function located<T>(source: SourceRange, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw VarveError.is(cause) ? VarveError.with(cause, { source }) : cause;
  }
}
