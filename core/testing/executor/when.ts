import type { ExecutorBench } from './executor-bench.ts';

/** For claims about what the process can see and do. */
export const unlessIsolated = ({ executor }: ExecutorBench): string | undefined =>
  executor.capabilities.isolated ? undefined : `${executor.name} does not isolate`;
