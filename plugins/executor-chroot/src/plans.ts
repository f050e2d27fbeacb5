import { join } from 'node:path';
import type { ExecSpec, ProcessSpec } from '@varve/core';
import { type Container, guestProgram, type LaunchGroups, type LaunchPlan, resolveCapabilities } from '@varve/core/system';
import { mountSteps } from './mount-steps.ts';

export interface PlanDetails {
  readonly spec: ProcessSpec;
  readonly container: Container;
  readonly group?: LaunchGroups | undefined;
  /** Whether there is a mount namespace. */
  readonly mounts: boolean;
}

/** How the process that was asked for is started. */
export function mainPlan(details: PlanDetails, program: string): LaunchPlan {
  const { spec, container, mounts } = details;
  const plan = planOf(spec, details);
  return {
    ...plan,
    steps: mounts ? mountSteps(spec, container) : [],
    terminal: plan.terminal && { ...plan.terminal, console: join(spec.root, container.system.dev, 'console') },
    cwd: container.cwd.path,
    program,
  };
}

/** How another one is started in the same root. `pid`: of the first. */
export function execPlan(process: ExecSpec, details: PlanDetails & { readonly pid: number }): LaunchPlan {
  const plan = planOf(process, details);
  const program = guestProgram(process, details.pid);
  return { ...plan, capabilities: process.privileged === true ? 'all' : plan.capabilities, program };
}

/** What both have. */
function planOf({ args, env, cwd, user, terminal }: ExecSpec | ProcessSpec, details: PlanDetails): LaunchPlan {
  const { spec, container, group, mounts } = details;
  const pts = join(container.system.dev, 'pts');
  return {
    namespaces: mounts ? ['mount'] : [],
    steps: [],
    root: { path: spec.root, how: 'chroot' },
    cwd,
    user,
    capabilities: mounts ? resolveCapabilities(spec) : 'all', // who may not mount is confined already
    noNewPrivileges: spec.noNewPrivileges,
    limits: spec.ulimits,
    groups: group,
    terminal: terminal && { size: terminal, devpts: { outside: join(spec.root, pts), inside: pts } },
    program: '',
    args,
    env,
  };
}
