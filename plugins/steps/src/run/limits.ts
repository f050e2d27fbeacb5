import type { Executor, ResourceLimits, RunSettings, StepInputs } from '@varve/core';

type Limit = keyof ResourceLimits;

/** What an executor must be able to do for each. */
const NEEDED = { memory: 'memory', memorySwap: 'memory', cpus: 'cpus', cpuShares: 'cpus', cpuset: 'cpus', pids: 'pids' } as const;

/** Builds that were told, by what they ask for. */
const told = new WeakSet<RunSettings>();

/** The limits of a process, as far as the executor can set them: the rest is said once. */
export function limitsOf({ build, warn }: StepInputs, { name, capabilities: { features = [] } }: Executor): ResourceLimits | undefined {
  const settings = build.request.run ?? {};
  const asked = Object.entries(settings.limits ?? {}).filter(([, value]) => value !== undefined);
  const isPossible = ([limit]: readonly [string, unknown]) => features.includes(NEEDED[limit as Limit]);
  const possible = asked.filter(isPossible);
  if (possible.length < asked.length && !told.has(settings)) {
    told.add(settings);
    warn({ code: 'RUN_LIMIT', message: `The executor "${name}" cannot limit memory or processor time here: RUN has what there is` });
  }
  return possible.length === 0 ? undefined : Object.fromEntries(possible);
}
