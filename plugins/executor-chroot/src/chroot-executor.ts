import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Executor, messageOf, type ProcessIO, type ProcessResult, type ProcessSpec, VarveError } from '@varve/core';
import { type Container, type LaunchPlan, launch, launchThread, prepareContainer, whyNotAdmin } from '@varve/core/system';
import { placeInRoot } from './bare-root.ts';
import { mountSteps } from './mount-steps.ts';

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
  readonly capabilities = { networks: ['default', 'host'], isolated: false } as const;
  readonly #tmp: string;
  readonly #mounts: boolean;

  /** @param root of the store */
  constructor(root: string, options: ChrootOptions = {}) {
    this.#tmp = join(root, 'tmp');
    this.#mounts = options.mounts ?? whyNotAdmin() === undefined;
    launchThread({ capabilities: this.#kept }); // ready by the time of the first process
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    io.signal?.throwIfAborted();
    refuse(asked, this.#mounts);
    try {
      const spec = { ...asked, root: realpathSync(asked.root) };
      using container = prepareContainer(spec, { tmp: this.#tmp });
      if (container.program.kind === 'found') return await this.#start(spec, { container, io, program: container.program.path });
      io.stderr(Buffer.from(`${container.program.message}\n`));
      return { exitCode: container.program.exitCode };
    } catch (cause) {
      if (io.signal?.aborted) throw io.signal.reason;
      throw new VarveError('EXECUTOR_FAILED', `The process could not be started: ${messageOf(cause)}`, { cause });
    }
  }

  async #start(spec: ProcessSpec, { container, io, program }: Start): Promise<ProcessResult> {
    using _placed = this.#mounts ? undefined : placeInRoot(spec.root, container);
    const plan: LaunchPlan = {
      namespaces: this.#mounts ? ['mount'] : [],
      steps: this.#mounts ? mountSteps(spec, container) : [],
      root: { path: spec.root, how: 'chroot' },
      cwd: container.cwd.path,
      user: spec.user,
      capabilities: this.#kept,
      limits: spec.ulimits,
      program,
      args: spec.args,
      env: spec.env,
    };
    return await launch(plan, io);
  }

  /** Who may not mount is confined already, and perhaps may not give up what is left. */
  get #kept(): LaunchPlan['capabilities'] {
    return this.#mounts ? 'docker' : 'all';
  }
}

interface Start {
  readonly container: Container;
  readonly io: ProcessIO;
  readonly program: string;
}

function refuse({ network, mounts }: ProcessSpec, canMount: boolean): void {
  if (network === 'none')
    throw new VarveError('EXECUTOR_NETWORK', 'The executor "chroot" cannot take a process off the network: it always has the host\'s', {
      hint: 'Use the executor "oci" or "namespaces", or the network "default".',
    });
  const [first] = mounts;
  if (first !== undefined && !canMount)
    throw new VarveError('EXECUTOR_MOUNT', `The executor "chroot" cannot mount ${first.target}: mounting is not allowed here`, {
      hint: 'Run varve with the capability CAP_SYS_ADMIN.',
    });
}
