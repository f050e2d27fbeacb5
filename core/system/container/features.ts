import { VarveError } from '../../src/errors.ts';
import { hierarchies } from '../cgroup/hierarchies.ts';
import type { ExecutorFeature, FeatureRequest, PublishedPort } from './request.ts';

export interface FeatureOffer {
  readonly name: string;
  readonly features: readonly ExecutorFeature[];
  /** Why it does not give one, where that is not the same for every executor. */
  readonly reasons?: Readonly<Partial<Record<ExecutorFeature, string>>> | undefined;
}

/** @throws VarveError `EXECUTOR_UNSUPPORTED` for the first thing that was asked for and is not offered */
export function refuseUnsupported(request: FeatureRequest, offer: FeatureOffer): void {
  const missing = requestedFeatures(request).find((feature) => !offer.features.includes(feature));
  if (missing !== undefined) throw unsupported(missing, offer);
}

/** An executor's refusal, with what would help. */
export function unsupported(feature: ExecutorFeature, { name, reasons }: FeatureOffer): VarveError {
  const { what, hint } = WORDS[feature];
  const reason = reasons?.[feature] ?? (CONTROLLER[feature] === undefined ? undefined : NO_GROUPS);
  return new VarveError('EXECUTOR_UNSUPPORTED', `The executor "${name}" cannot ${what} here${reason === undefined ? '' : `: ${reason}`}`, {
    hint,
  });
}

/** What control groups make possible on this host. */
export function groupFeatures(): readonly ExecutorFeature[] {
  const known = hierarchies();
  const counted = (['memory', 'cpuacct', 'pids'] as const).some((controller) => known.has(controller));
  return [
    ...(['memory', 'cpus', 'pids', 'pause'] as const).filter((feature) => known.has(CONTROLLER[feature] ?? 'freezer')),
    ...(counted ? (['stats'] as const) : []),
  ];
}

const CONTROLLER: Readonly<Partial<Record<ExecutorFeature, 'memory' | 'cpu' | 'pids' | 'freezer' | 'cpuacct'>>> = {
  memory: 'memory',
  cpus: 'cpu',
  pids: 'pids',
  pause: 'freezer',
  stats: 'cpuacct',
};

const NO_GROUPS = 'this host has no control groups of that kind which varve may change';
const GROUPS_HINT = 'Mount control groups, version 1 or 2, so that varve can write to them: /sys/fs/cgroup must not be read-only.';
const OTHERS = 'The executors "oci" and "namespaces" can: see --executor and varve info.';

const WORDS: Readonly<Record<ExecutorFeature, { readonly what: string; readonly hint: string }>> = {
  terminal: { what: 'give a process a terminal', hint: `${OTHERS} Or run it without -t.` },
  readOnly: { what: 'make the root read-only', hint: OTHERS },
  privileged: { what: 'run a privileged process', hint: OTHERS },
  capabilities: { what: 'change the capabilities of a process', hint: OTHERS },
  devices: { what: 'give a process devices of the host', hint: OTHERS },
  hooks: { what: 'run programs of the host for a container', hint: 'The executor "oci" can: see --executor.' },
  init: { what: 'run an init in front of the process', hint: 'The executor "namespaces" always does: see --executor.' },
  noNewPrivileges: { what: 'keep a process from gaining privileges', hint: OTHERS },
  ports: {
    what: 'publish a port under another number, at one address alone, or without a network',
    hint: "Processes have the host's network unless they have none: what listens on port 80 is reached at port 80 of the host, as -p 80:80 says.",
  },
  memory: { what: 'limit memory', hint: GROUPS_HINT },
  cpus: { what: 'limit processor time', hint: GROUPS_HINT },
  pids: { what: 'limit the number of processes', hint: GROUPS_HINT },
  start: { what: 'hold a container', hint: OTHERS },
  exec: { what: 'start another process in a container', hint: OTHERS },
  pause: { what: 'pause a container', hint: GROUPS_HINT },
  stats: { what: 'count what a container uses', hint: GROUPS_HINT },
};

/** In the host's network what listens on a port is reached at that port of the host already, at all its addresses. */
const isReachedAsItIs = ({ address, port, containerPort }: PublishedPort): boolean =>
  port === containerPort && (address === undefined || address === '0.0.0.0' || address === '::');

function requestedFeatures(request: FeatureRequest): readonly ExecutorFeature[] {
  const { memory, memorySwap, cpus, cpuShares, cpuset, pids } = request.limits ?? {};
  const { add = [], drop = [] } = request.capabilities ?? {};
  const asked: Readonly<Partial<Record<ExecutorFeature, boolean>>> = {
    terminal: request.terminal !== undefined,
    readOnly: request.readOnly === true,
    privileged: request.privileged === true,
    capabilities: add.length + drop.length > 0,
    devices: (request.devices ?? []).length > 0,
    hooks: (request.hooks ?? []).length > 0,
    init: request.init === true,
    noNewPrivileges: request.noNewPrivileges === true,
    ports: (request.ports ?? []).some((port) => request.network === 'none' || !isReachedAsItIs(port)),
    memory: memory !== undefined || memorySwap !== undefined,
    cpus: cpus !== undefined || cpuShares !== undefined || cpuset !== undefined,
    pids: pids !== undefined,
  };
  return (Object.keys(asked) as ExecutorFeature[]).filter((feature) => asked[feature] === true);
}
