import { join } from 'node:path';
import type { Executor, ExpectedProcess, ProcessIO, ProcessResult, ProcessSpec, RunningContainer } from '@varve/core';
import {
  type Begun,
  type ControlGroup,
  ExpectedSandbox,
  groupFeatures,
  guestPlan,
  launch,
  launchThread,
  type ProcessRunner,
  type ReadyProcess,
  refuseUnsupported,
  runProcess,
  start,
  startProcess,
} from '@varve/core/system';
import { mainPlan, namespacesOf } from './plans.ts';

/** Runs processes in new mount, pid, ipc and uts namespaces, and a network namespace for `none`. */
export class NamespacesExecutor implements Executor {
  readonly name = 'namespaces';
  readonly #runner: ProcessRunner<ProcessSpec, ProcessIO>;

  /** @param root of the store */
  constructor(root: string) {
    this.#runner = {
      name: this.name,
      tmp: join(root, 'tmp'),
      namespace: 'pid',
      refuse: (asked) => refuseUnsupported(asked, { name: this.name, features: this.capabilities.features ?? [] }),
      launch: async (ready) => await launchIn(ready),
      begin,
    };
    launchThread({ capabilities: 'docker' }); // ready by the time of the first process
  }

  get capabilities(): Executor['capabilities'] {
    return { networks: ['default', 'none', 'host'], isolated: true, features: [...FEATURES, ...groupFeatures()] };
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    return await runProcess(this.#runner, asked, io);
  }

  expect({ network }: Pick<ProcessSpec, 'network'>): ExpectedProcess | undefined {
    const sandbox = ExpectedSandbox.open(namespacesOf({ network }));
    return (
      sandbox && {
        run: async (asked, io) => await runProcess({ ...this.#runner, launch: async (ready) => await launchIn(ready, sandbox) }, asked, io),
        [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
      }
    );
  }

  async start(asked: ProcessSpec, io: ProcessIO): Promise<RunningContainer> {
    return await startProcess(this.#runner, asked, io);
  }
}

type Ready = ReadyProcess<ProcessSpec, ProcessIO>;

/** What is to be shown in a root may have been mounted after the namespaces were made. */
async function launchIn({ spec, container, program, io }: Ready, expected?: ExpectedSandbox): Promise<ProcessResult> {
  return await launch(mainPlan(spec, { container, program }), io, spec.mounts.length === 0 ? expected : undefined);
}

/** PID 1 is always an init. */
const FEATURES = ['start', 'exec', 'terminal', 'readOnly', 'privileged', 'capabilities', 'devices', 'init', 'noNewPrivileges'] as const;

async function begin({ spec, container, program, io }: Ready, group: ControlGroup | undefined): Promise<Begun> {
  const entry = group?.entry;
  const main = await start(mainPlan(spec, { container, group: entry, program }), io);
  return {
    main,
    execute: async (process, guestIO) =>
      await main.join(guestPlan(process, { spec, namespaces: namespacesOf(spec), group: entry, pid: main.pid }), guestIO),
  };
}
