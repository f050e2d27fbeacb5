import { VarveError } from './errors.ts';
import type { PendingTap } from './taps.ts';

export interface AbortWatch {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that cleaning up may take after an abort. */
  readonly grace: number;
  pending(): readonly PendingTap[];
}

/** Waits for work, but after an abort only as long as cleaning up may take: a plugin that hangs cannot hold the user. */
export async function orAborted<T>(work: Promise<T>, { signal, grace, pending }: AbortWatch): Promise<T> {
  if (signal === undefined) return await work;
  let timer: NodeJS.Timeout | undefined;
  const late = Promise.withResolvers<never>();
  const onAbort = () => {
    timer = setTimeout(() => late.reject(aborted(signal.reason, pending())), grace);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** What a stopped build ends with, whatever the abort made fail first. */
export function aborted(cause: unknown, pending: readonly PendingTap[]): VarveError {
  if (VarveError.is(cause) && cause.code === 'BUILD_ABORTED') return cause;
  const waiting = pending.map(({ plugin, hook }) => `\n  ${plugin} has not answered hook "${hook}"`);
  return new VarveError('BUILD_ABORTED', `The build was stopped${waiting.join('')}`, { cause });
}
