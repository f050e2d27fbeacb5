import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecSpec, Executor, ProcessIO, ProcessResult, ProcessSpec, RunningContainer } from '@varve/core';
import {
  type Begun,
  type Container,
  type ControlGroup,
  groupFeatures,
  guestPlan,
  holdContainer,
  type LaunchIO,
  launch,
  launchThread,
  needsGroup,
  noProgram,
  prepareContainer,
  refuseUnsupported,
  runHeld,
  start,
  toExecutorError,
} from '@varve/core/system';
import { mainPlan, namespacesOf } from './plans.ts';

/** Runs processes in new mount, pid, ipc and uts namespaces, and a network namespace for `none`. */
export class NamespacesExecutor implements Executor {
  readonly name = 'namespaces';
  readonly #tmp: string;

  /** @param root of the store */
  constructor(root: string) {
    this.#tmp = join(root, 'tmp');
    launchThread({ capabilities: 'docker' }); // ready by the time of the first process
  }

  get capabilities(): Executor['capabilities'] {
    return { networks: ['default', 'none', 'host'], isolated: true, features: [...FEATURES, ...groupFeatures()] };
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    io.signal?.throwIfAborted();
    this.#refuse(asked);
    try {
      const spec = { ...asked, root: realpathSync(asked.root) };
      if (needsGroup(spec)) return await runHeld(async () => await this.#hold(spec, io), io);
      using container = prepareContainer(spec, { tmp: this.#tmp });
      if (container.program.kind === 'found') return await launch(mainPlan(spec, { container, program: container.program.path }), io);
      io.stderr(Buffer.from(`${container.program.message}\n`));
      return { exitCode: container.program.exitCode };
    } catch (cause) {
      throw toExecutorError(cause, io.signal);
    }
  }

  async start(asked: ProcessSpec, io: ProcessIO): Promise<RunningContainer> {
    io.signal?.throwIfAborted();
    this.#refuse(asked);
    try {
      return await this.#hold({ ...asked, root: realpathSync(asked.root) }, io);
    } catch (cause) {
      throw toExecutorError(cause, io.signal);
    }
  }

  #refuse(spec: ProcessSpec): void {
    refuseUnsupported(spec, { name: this.name, features: this.capabilities.features ?? [] });
  }

  #hold(spec: ProcessSpec, io: ProcessIO): ReturnType<typeof holdContainer> {
    return holdContainer(spec, {
      executor: this.name,
      tmp: this.#tmp,
      io,
      namespace: 'pid',
      begin: async (container, group) => await begin(spec, { container, group, io }),
    });
  }
}

/** PID 1 is always an init. */
const FEATURES = ['start', 'exec', 'terminal', 'readOnly', 'privileged', 'capabilities', 'devices', 'init', 'noNewPrivileges'] as const;

interface Beginning {
  readonly container: Container;
  readonly group: ControlGroup | undefined;
  readonly io: LaunchIO;
}

async function begin(spec: ProcessSpec, { container, group, io }: Beginning): Promise<Begun> {
  if (container.program.kind === 'failed') throw noProgram(container.program);
  const entry = group?.entry;
  const main = await start(mainPlan(spec, { container, group: entry, program: container.program.path }), io);
  return {
    main,
    execute: async (process: ExecSpec, guestIO) =>
      await main.join(guestPlan(process, { spec, namespaces: namespacesOf(spec), group: entry, pid: main.pid }), guestIO),
  };
}
