import { messageOf, VarveError } from '../../src/errors.ts';

/**
 * What an executor throws for a failure: the reason of an abort; errors that say themselves what was asked for in vain; for a program
 * `EXECUTOR_PROGRAM`; otherwise `EXECUTOR_FAILED`.
 */
export function toExecutorError(cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (VarveError.is(cause)) {
    if (/^(EXECUTOR|CGROUP|CAPABILITY|DEVICE)_/.test(cause.code)) return cause;
    if (cause.code === 'LAUNCH_PROGRAM') return noProgram({ message: cause.message, exitCode: cause.exitCode ?? 127 });
  }
  return new VarveError('EXECUTOR_FAILED', `The process could not be started: ${messageOf(cause)}`, { cause });
}

export const noProgram = ({ message, exitCode }: { readonly message: string; readonly exitCode: number }): VarveError =>
  new VarveError('EXECUTOR_PROGRAM', message, { exitCode });
