import { findProgram } from '../find-program.ts';
import { type CapabilityRequest, resolveCapabilities } from '../launch/capabilities.ts';
import type { LaunchGroups, LaunchPlan, Namespace } from '../launch/plan.ts';
import { RootView } from '../root-view.ts';
import { noProgram } from './failures.ts';
import type { ExecSpec } from './request.ts';

export interface GuestDetails {
  /** What the container was asked for: a guest has no more. */
  readonly spec: CapabilityRequest & { readonly noNewPrivileges?: boolean | undefined; readonly ulimits?: LaunchPlan['limits'] };
  /** Those that the container has of its own. */
  readonly namespaces: readonly Namespace[];
  readonly group: LaunchGroups | undefined;
  /** Of the container's process. */
  readonly pid: number;
}

/** How another process is started in a container that runs. @throws VarveError `EXECUTOR_PROGRAM` */
export function guestPlan(process: ExecSpec, { spec, namespaces, group, pid }: GuestDetails): LaunchPlan {
  const { args, env, cwd, user, terminal } = process;
  return {
    namespaces,
    steps: [],
    cwd,
    user,
    capabilities: process.privileged === true ? 'all' : resolveCapabilities(spec),
    noNewPrivileges: spec.noNewPrivileges,
    limits: spec.ulimits,
    groups: group,
    terminal: terminal && { size: terminal, devpts: { outside: '/dev/pts', inside: '/dev/pts' } },
    program: guestProgram(process, pid),
    args,
    env,
  };
}

/** Where a program is in a container, seen through one of its processes. @throws VarveError `EXECUTOR_PROGRAM` */
export function guestProgram({ args, env, cwd, user }: ExecSpec, pid: number): string {
  const program = findProgram(new RootView(`/proc/${pid}/root/.`), { name: args[0] ?? '', env, cwd, user });
  if (program.kind === 'failed') throw noProgram(program);
  return program.path;
}
