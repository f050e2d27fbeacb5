import { join } from 'node:path';
import {
  type ExecSpec,
  type Executor,
  type ProcessIO,
  type ProcessResult,
  type ProcessSpec,
  type RunningContainer,
  VarveError,
} from '@varve/core';
import {
  type Begun,
  type ControlGroup,
  groupFeatures,
  launch,
  launchThread,
  type ProcessRunner,
  type ReadyProcess,
  refuseUnsupported,
  runProcess,
  start,
  startProcess,
  whyNotAdmin,
} from '@varve/core/system';
import { placeInRoot } from './bare-root.ts';
import { execPlan, mainPlan } from './plans.ts';

export interface ChrootOptions {
  /** `false`: use no mounts even where it could. Default: whether this process may mount. */
  readonly mounts?: boolean | undefined;
}

/**
 * Runs processes in a chroot(2). Where mounting is allowed they get /proc, /dev, /sys and the mounts asked for, in a mount namespace that
 * ends with them; where it is not, files and device nodes are put into the root and taken out again.
 */
export class ChrootExecutor implements Executor {
  readonly name = 'chroot';
  readonly #runner: ProcessRunner<ProcessSpec, ProcessIO>;
  readonly #mounts: boolean;

  /** @param root of the store */
  constructor(root: string, options: ChrootOptions = {}) {
    this.#mounts = options.mounts ?? whyNotAdmin() === undefined;
    this.#runner = {
      name: this.name,
      tmp: join(root, 'tmp'),
      namespace: this.#mounts ? 'mnt' : 'root',
      refuse: (asked) => this.#refuse(asked),
      launch: async (ready) => await this.#launch(ready),
      begin: async (ready, group) => await this.#begin(ready, group),
    };
    launchThread({ capabilities: this.#mounts ? 'docker' : 'all' }); // ready by the time of the first process
  }

  get capabilities(): Executor['capabilities'] {
    const features = ['start', 'exec', 'noNewPrivileges', ...(this.#mounts ? WITH_MOUNTS : []), ...groupFeatures()] as const;
    return { networks: ['default', 'host'], isolated: false, features };
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    return await runProcess(this.#runner, asked, io);
  }

  async start(asked: ProcessSpec, io: ProcessIO): Promise<RunningContainer> {
    return await startProcess(this.#runner, asked, io);
  }

  async #launch({ spec, container, io, program }: Ready): Promise<ProcessResult> {
    using _placed = this.#mounts ? undefined : placeInRoot(spec.root, container);
    return await launch(mainPlan({ spec, container, mounts: this.#mounts }, program), io);
  }

  async #begin({ spec, container, program, io }: Ready, group: ControlGroup | undefined): Promise<Begun> {
    const placed = this.#mounts ? undefined : placeInRoot(spec.root, container);
    const details = { spec, container, group: group?.entry, mounts: this.#mounts };
    try {
      const main = await start(mainPlan(details, program), io);
      return {
        main,
        execute: async (process: ExecSpec, guestIO) => {
          if (process.terminal !== undefined) this.#refuse({ ...spec, terminal: process.terminal });
          return await main.join(execPlan(process, { ...details, pid: main.pid }), guestIO);
        },
        dispose: () => placed?.[Symbol.dispose](),
      };
    } catch (failure) {
      placed?.[Symbol.dispose]();
      throw failure;
    }
  }

  #refuse(spec: ProcessSpec): void {
    const { network, mounts } = spec;
    if (network === 'none')
      throw new VarveError('EXECUTOR_NETWORK', 'The executor "chroot" cannot take a process off the network: it always has the host\'s', {
        hint: 'Use the executor "oci" or "namespaces", or the network "default".',
      });
    const [first] = mounts;
    if (first !== undefined && !this.#mounts)
      throw new VarveError('EXECUTOR_MOUNT', `The executor "chroot" cannot mount ${first.target}: mounting is not allowed here`, {
        hint: 'Run varve with the capability CAP_SYS_ADMIN.',
      });
    refuseUnsupported(spec, { name: this.name, features: this.capabilities.features ?? [], reasons: this.#mounts ? {} : REASONS });
  }
}

const WITH_MOUNTS = ['terminal', 'readOnly', 'privileged', 'capabilities', 'devices'] as const;
const REASONS = Object.fromEntries(WITH_MOUNTS.map((feature) => [feature, 'mounting is not allowed'])) as Readonly<
  Record<(typeof WITH_MOUNTS)[number], string>
>; // one for each, as the line says

type Ready = ReadyProcess<ProcessSpec, ProcessIO>;
