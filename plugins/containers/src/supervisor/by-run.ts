import type { Executor, ProcessIO, ProcessSpec, RunningContainer } from '@varve/core';
export async function startByRun(executor: Executor, spec: ProcessSpec, io: ProcessIO): Promise<RunningContainer> {
  const controller = new AbortController();
  const { terminal, ...rest } = spec;
  const exit = executor.run(rest, { ...io, signal: controller.signal }).catch((e) => {
    if (controller.signal.aborted) return { exitCode: 137 };
    throw e;
  });
  return {
    pid: process.pid,
    exit,
    signal: () => controller.abort(),
    resize: () => undefined,
    pause: async () => undefined,
    resume: async () => undefined,
    processes: async () => [],
    stats: async () => ({}),
    exec: async () => {
      throw new Error('no');
    },
  };
}
