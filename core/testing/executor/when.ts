import type { ExecutorFeature } from '../../src/contracts/executor.ts';
import type { ExecutorBench } from './executor-bench.ts';

/** For claims about what the process can see and do. */
export const unlessIsolated = ({ executor }: ExecutorBench): string | undefined =>
  executor.capabilities.isolated ? undefined : `${executor.name} does not isolate`;

/** For claims about what an executor may not be able to give; that it refuses then is a claim of its own. */
export const unlessHas =
  (...features: readonly ExecutorFeature[]) =>
  ({ executor }: ExecutorBench): string | undefined => {
    const missing = features.find((feature) => executor.capabilities.features?.includes(feature) !== true);
    return missing === undefined ? undefined : `${executor.name} does not have ${missing}`;
  };
