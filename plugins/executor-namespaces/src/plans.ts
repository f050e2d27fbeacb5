import { join } from 'node:path';
import type { ExecSpec, ProcessSpec } from '@varve/core';
import {
  type Container,
  DEFAULT_HOSTNAME,
  findProgram,
  type LaunchGroups,
  type LaunchPlan,
  type Namespace,
  noProgram,
  RootView,
  resolveCapabilities,
} from '@varve/core/system';
import { stepsOf } from './steps.ts';

export interface MainDetails {
  readonly container: Container;
  readonly group?: LaunchGroups | undefined;
  readonly program: string;
}

/** How a container's own process is started. */
export function mainPlan(spec: ProcessSpec, { container, group, program }: MainDetails): LaunchPlan {
  const dev = container.system.dev;
  return {
    namespaces: namespacesOf(spec),
    proc: join(spec.root, container.system.proc),
    steps: stepsOf(spec, container),
    root: { path: spec.root, how: 'pivot' },
    hostname: spec.hostname ?? DEFAULT_HOSTNAME,
    cwd: container.cwd.path,
    user: spec.user,
    capabilities: resolveCapabilities(spec),
    noNewPrivileges: spec.noNewPrivileges,
    limits: spec.ulimits,
    groups: group,
    terminal: spec.terminal && {
      size: spec.terminal,
      devpts: { outside: join(spec.root, dev, 'pts'), inside: join(dev, 'pts') },
      console: join(spec.root, dev, 'console'),
    },
    program,
    args: spec.args,
    env: spec.env,
  };
}

export interface GuestDetails {
  readonly spec: ProcessSpec;
  readonly group: LaunchGroups | undefined;
  /** Of the container's process. */
  readonly pid: number;
}

/** How another process is started in a container that runs. */
export function execPlan(process: ExecSpec, { spec, group, pid }: GuestDetails): LaunchPlan {
  const { args, env, cwd, user } = process;
  const program = findProgram(new RootView(`/proc/${pid}/root/.`), { name: args[0] ?? '', env, cwd, user });
  if (program.kind === 'failed') throw noProgram(program);
  return {
    namespaces: namespacesOf(spec),
    steps: [],
    cwd,
    user,
    capabilities: process.privileged === true ? 'all' : resolveCapabilities(spec),
    noNewPrivileges: spec.noNewPrivileges,
    limits: spec.ulimits,
    groups: group,
    terminal: process.terminal && { size: process.terminal, devpts: { outside: '/dev/pts', inside: '/dev/pts' } },
    program: program.path,
    args,
    env,
  };
}

const namespacesOf = ({ network }: ProcessSpec): readonly Namespace[] => [
  'mount',
  'pid',
  'ipc',
  'uts',
  ...(network === 'none' ? (['network'] as const) : []),
];
