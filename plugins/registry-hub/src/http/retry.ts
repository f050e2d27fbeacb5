import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '@varve/core';

export interface Patience {
  readonly retries: number;
  /** Milliseconds before the first repetition. */
  readonly retryWait: number;
}
export interface RetryOptions extends Patience {
  /** Told how long it waits before the next try, in milliseconds. */
  readonly onRetry?: ((wait: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Something failed that may go well next time. */
export class Passing extends Error {
  override readonly name = 'Passing';
  /** What the user is told if it does not. */
  readonly failure: VarveError;
  /** Milliseconds that the server asked for. */
  readonly wait: number | undefined;
  constructor(failure: VarveError, wait?: number) {
    super(failure.message);
    this.failure = failure;
    this.wait = wait;
  }
}

const LONGEST_WAIT = 60_000;

/** Repeats what throws `Passing`, ever more slowly, and throws its failure in the end. */
export async function retrying<T>(
  attempt: (number: number) => Promise<T>,
  { retries, retryWait, onRetry, signal }: RetryOptions,
): Promise<T> {
  for (let number = 0; ; number++) {
    signal?.throwIfAborted();
    try {
      return await attempt(number);
    } catch (cause) {
      signal?.throwIfAborted();
      if (!(cause instanceof Passing)) throw cause;
      const wait = cause.wait ?? waitBefore(number, retryWait);
      if (number >= retries || wait > LONGEST_WAIT) throw cause.failure;
      onRetry?.(wait);
      await sleep(wait, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

/** Twice as long each time, and not the same for all who were turned away at once. */
export const waitBefore = (repetition: number, first: number): number =>
  Math.min(LONGEST_WAIT, first * 2 ** repetition) * (0.5 + Math.random() / 2);

/** As docker says it. */
export const retryingIn = (wait: number): string => {
  const seconds = Math.max(1, Math.round(wait / 1000));
  return `Retrying in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
};

/** Retry-After, in seconds or as a date (RFC 9110). */
export function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Statuses after which the same request may go well. */
export const isPassing = (status: number): boolean => [408, 429, 500, 502, 503, 504].includes(status);

/** Failures of the network that may pass: not a wrong name, not a certificate, not a closed port... which may open while a registry starts. */
export const isPassingError = (cause: unknown): boolean =>
  !VarveError.is(cause) &&
  [
    'ECONNRESET',
    'ECONNREFUSED',
    'ETIMEDOUT',
    'EPIPE',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_SOCKET',
    'HPE_INVALID_EOF_STATE',
  ].includes((cause as NodeJS.ErrnoException | null)?.code ?? '');
