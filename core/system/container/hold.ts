import { basename } from 'node:path';
import { VarveError } from '../../src/errors.ts';
import { ControlGroup } from '../cgroup/control-group.ts';
import { controllersFor } from '../cgroup/limit-files.ts';
import { sweepControlGroups } from '../cgroup/sweep.ts';
import type { Launched, LaunchIO } from '../launch/launch.ts';
import { type Container, type ContainerRequest, prepareContainer } from '../prepare-container.ts';
import { noProgram } from './failures.ts';
import { groupFeatures } from './features.ts';
import { HeldContainer, type HeldParts } from './held-container.ts';
import type { ProcessResult, ResourceLimits } from './request.ts';

export interface HoldRequest extends ContainerRequest {
  readonly limits?: ResourceLimits | undefined;
}

export interface HoldOptions {
  readonly executor: string;
  /** For files of the container. */
  readonly tmp: string;
  readonly io: LaunchIO;
  readonly namespace: HeldParts['namespace'];
  /** Starts the process in the group, and says how others follow. When it throws, nothing of it is left. */
  begin(ready: { readonly container: Container; readonly program: string }, group: ControlGroup | undefined): Promise<Begun>;
}

export interface Begun extends Pick<HeldParts, 'execute' | 'helpers'> {
  readonly main: Launched;
  /** Undone with the container. */
  readonly dispose?: (() => void) | undefined;
}

/** Gets a root ready, starts a process in it and holds it. @throws VarveError see `toExecutorError` */
export async function holdContainer(request: HoldRequest, options: HoldOptions): Promise<HeldContainer> {
  const { executor, io, namespace } = options;
  const container = prepareContainer(request, { tmp: options.tmp });
  let group: ControlGroup | undefined;
  try {
    if (container.program.kind === 'failed') throw noProgram(container.program);
    group = await makeGroup(request, container);
    const { dispose, ...begun } = await options.begin({ container, program: container.program.path }, group);
    group?.started();
    const undo = (): void => {
      dispose?.();
      container[Symbol.dispose]();
    };
    return new HeldContainer({ ...begun, executor, group, namespace, signal: io.signal, dispose: undo });
  } catch (failure) {
    await group?.remove();
    container[Symbol.dispose]();
    throw failure;
  }
}

/** Whether a process can only be had with a control group of its own, which costs a moment. */
export const needsGroup = (request: HoldRequest): boolean =>
  controllersFor(request.limits ?? {}).length > 0 || deniedDevices(request).length > 0;

/** Runs a held process to its end; a program that is not there is a result, as for `Executor.run`. */
export async function runHeld(start: () => Promise<HeldContainer>, io: LaunchIO): Promise<ProcessResult> {
  try {
    return await (await start()).exit;
  } catch (failure) {
    if (!VarveError.is(failure) || failure.code !== 'EXECUTOR_PROGRAM') throw failure;
    io.stderr(Buffer.from(`${failure.message}\n`));
    return { exitCode: failure.exitCode ?? 127 };
  }
}

let swept: Promise<void> | undefined;

async function makeGroup(request: HoldRequest, { dir }: Container): Promise<ControlGroup | undefined> {
  if (groupFeatures().length === 0 && !needsGroup(request)) return undefined;
  swept ??= sweepControlGroups();
  await swept;
  return new ControlGroup(basename(dir), { ...request.limits, denied: deniedDevices(request) });
}

/** Devices may be had for reading or writing alone. */
function deniedDevices({ devices = [] }: HoldRequest): readonly DeniedDevice[] {
  return devices.flatMap((device) => {
    const denied = 'rw'.replace(new RegExp(`[${device.permissions}]`, 'g'), '');
    return denied === '' ? [] : [{ ...device, permissions: denied }];
  });
}
type DeniedDevice = NonNullable<HoldRequest['devices']>[number];
