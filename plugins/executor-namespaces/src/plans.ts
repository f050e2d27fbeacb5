import { join } from 'node:path';
import type { ProcessSpec } from '@varve/core';
import {
  type Container,
  DEFAULT_HOSTNAME,
  type LaunchGroups,
  type LaunchPlan,
  type Namespace,
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

/** Those that a container has of its own. */
export const namespacesOf = ({ network }: Pick<ProcessSpec, 'network'>): readonly Namespace[] => [
  'mount',
  'pid',
  'ipc',
  'uts',
  ...(network === 'none' ? (['network'] as const) : []),
];
