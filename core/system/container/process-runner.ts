import { realpathSync } from 'node:fs';
import type { ControlGroup } from '../cgroup/control-group.ts';
import type { LaunchIO } from '../launch/launch.ts';
import { type Container, prepareContainer } from '../prepare-container.ts';
import { toExecutorError } from './failures.ts';
import type { HeldContainer, HeldParts } from './held-container.ts';
import { type Begun, type HoldRequest, holdContainer, needsGroup, runHeld } from './hold.ts';
import type { ProcessResult } from './request.ts';

/** A root in which everything is ready for a program that is there. */
export interface ReadyProcess<Spec, IO> {
  readonly spec: Spec;
  readonly container: Container;
  /** Where it is, inside the root. */
  readonly program: string;
  readonly io: IO;
}

/** What an executor does in a way of its own; `Spec` and `IO` are those of the executors' contract. */
export interface ProcessRunner<Spec extends HoldRequest, IO extends LaunchIO> {
  /** Of the executor. */
  readonly name: string;
  /** For files of a run. */
  readonly tmp: string;
  /** What the processes of a container have in common. */
  readonly namespace: HeldParts['namespace'];
  /** Throws for whatever it cannot give, before anything is done. */
  refuse(asked: Spec): void;
  /** Runs the program to its end. */
  launch(ready: ReadyProcess<Spec, IO>): Promise<ProcessResult>;
  /** Starts it, and says how others follow. When it throws, nothing of it is left. */
  begin(ready: ReadyProcess<Spec, IO>, group: ControlGroup | undefined): Promise<Begun>;
}

/** `Executor.run` of any executor; whatever needs a control group is held for that long. */
export async function runProcess<Spec extends HoldRequest, IO extends LaunchIO>(
  runner: ProcessRunner<Spec, IO>,
  asked: Spec,
  io: IO,
): Promise<ProcessResult> {
  io.signal?.throwIfAborted();
  runner.refuse(asked);
  try {
    const spec = { ...asked, root: realpathSync(asked.root) };
    if (needsGroup(spec)) return await runHeld(async () => await hold(runner, spec, io), io);
    using container = prepareContainer(spec, { tmp: runner.tmp });
    if (container.program.kind === 'found') return await runner.launch({ spec, container, program: container.program.path, io });
    io.stderr(Buffer.from(`${container.program.message}\n`));
    return { exitCode: container.program.exitCode };
  } catch (cause) {
    throw toExecutorError(cause, io.signal);
  }
}

/** `Executor.start` of any executor. */
export async function startProcess<Spec extends HoldRequest, IO extends LaunchIO>(
  runner: ProcessRunner<Spec, IO>,
  asked: Spec,
  io: IO,
): Promise<HeldContainer> {
  io.signal?.throwIfAborted();
  runner.refuse(asked);
  try {
    return await hold(runner, { ...asked, root: realpathSync(asked.root) }, io);
  } catch (cause) {
    throw toExecutorError(cause, io.signal);
  }
}

function hold<Spec extends HoldRequest, IO extends LaunchIO>(runner: ProcessRunner<Spec, IO>, spec: Spec, io: IO): Promise<HeldContainer> {
  return holdContainer(spec, {
    executor: runner.name,
    tmp: runner.tmp,
    io,
    namespace: runner.namespace,
    begin: async (ready, group) => await runner.begin({ ...ready, spec, io }, group),
  });
}
