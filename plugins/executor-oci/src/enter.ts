import type { ExecSpec, ProcessSpec } from '@varve/core';
import { type Begun, guestPlan, guestProgram, type Launched, type LaunchedContainer, type LaunchIO, leaveGroups } from '@varve/core/system';
import type { Bundle } from './bundle.ts';
import { Guest } from './guest.ts';
import { namespacesOf } from './runtime-config.ts';
import { RuntimeProcess } from './runtime-process.ts';

export interface Entrance {
  readonly spec: ProcessSpec;
  readonly bundle: Bundle;
  /** The process of the runtime, and that of the container. */
  readonly runtime: LaunchedContainer;
  readonly main: Launched;
}

/**
 * Other processes enter the container's namespaces without the runtime, whose `exec` takes a tenth of a second, stays beside the process
 * and, with runc, until whatever that has left behind closes its streams.
 */
export const directly = ({ spec, bundle, runtime, main }: Entrance): Pick<Begun, 'execute'> => ({
  execute: async (process, io) => {
    const { pid } = main;
    const plan = guestPlan(process, { spec, namespaces: namespacesOf(spec), group: bundle.guestGroups, pid });
    return await runtime.join(plan, io, { namespacesOf: pid });
  },
});

/** Where a seccomp filter is in force it is the runtime that puts it on others, too. */
export function throughRuntime({ bundle, runtime, main }: Entrance): Pick<Begun, 'execute' | 'helpers'> {
  const helpers = new Set<number>();
  const execute = async (process: ExecSpec, io: LaunchIO): Promise<Launched> => {
    guestProgram(process, main.pid);
    const call = bundle.exec(process);
    const guest = new Guest(io, process.user);
    const helper = await runtime.join(call.plan, guest.io);
    helpers.add(helper.pid);
    const started = await RuntimeProcess.of(helper, call.files, io);
    if (call.plan.groups !== undefined) leaveGroups(call.plan.groups, helper.pid);
    return guest.follow(started);
  };
  return { execute, helpers };
}
