import { constants } from 'node:os';
import { type Executor, type ProcessIO, type ProcessSpec, type RunningContainer, VarveError } from '@varve/core';

/** As a process that a signal ended. */
const endedBy = (signal: NodeJS.Signals) => ({ exitCode: 128 + constants.signals[signal], signal });

/** A container on an executor that only runs processes and waits for them: it can be ended, and nothing else can be done with it. */
export function runOnly(executor: Executor, process: ProcessSpec, io: ProcessIO): RunningContainer {
  if (process.terminal !== undefined) throw cannot(executor, 'give a process a terminal');
  const controller = new AbortController();
  let by: NodeJS.Signals | undefined;
  const exit = executor.run(process, { ...io, signal: controller.signal }).catch((failure: unknown) => {
    if (by === undefined) throw failure;
    return endedBy(by);
  });
  const refuse = (what: string) => async (): Promise<never> => {
    throw cannot(executor, what);
  };
  return {
    pid: 0, // nobody says
    exit,
    signal(name) {
      by ??= name;
      controller.abort();
    },
    resize: () => undefined,
    pause: refuse('pause a container'),
    resume: refuse('resume a container'),
    processes: refuse('list the processes of a container'),
    stats: refuse('measure a container'),
    exec: refuse('start a second process in a container'),
  };
}

const cannot = ({ name }: Executor, what: string): VarveError =>
  new VarveError('EXECUTOR_UNSUPPORTED', `The executor "${name}" cannot ${what}`, { hint: 'Use --executor namespaces or --executor oci.' });
