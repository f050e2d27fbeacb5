import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Executor, messageOf, type ProcessIO, type ProcessResult, type ProcessSpec, VarveError } from '@varve/core';
import { type Container, DEFAULT_HOSTNAME, launch, launchThread, prepareContainer } from '@varve/core/system';
import { stepsOf } from './steps.ts';

/** Runs processes in new mount, pid, ipc and uts namespaces, and a network namespace for `none`. */
export class NamespacesExecutor implements Executor {
  readonly name = 'namespaces';
  readonly capabilities = { networks: ['default', 'none', 'host'], isolated: true } as const;
  readonly #tmp: string;

  /** @param root of the store */
  constructor(root: string) {
    this.#tmp = join(root, 'tmp');
    launchThread({ capabilities: 'docker' }); // ready by the time of the first process
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    io.signal?.throwIfAborted();
    try {
      const spec = { ...asked, root: realpathSync(asked.root) };
      using container = prepareContainer(spec, { tmp: this.#tmp });
      return await start(spec, { container, io });
    } catch (cause) {
      if (io.signal?.aborted) throw io.signal.reason;
      throw new VarveError('EXECUTOR_FAILED', `The process could not be started: ${messageOf(cause)}`, { cause });
    }
  }
}

async function start(spec: ProcessSpec, run: { readonly container: Container; readonly io: ProcessIO }): Promise<ProcessResult> {
  const { container, io } = run;
  const { program } = container;
  if (program.kind === 'failed') {
    io.stderr(Buffer.from(`${program.message}\n`));
    return { exitCode: program.exitCode };
  }
  return await launch(
    {
      namespaces: ['mount', 'pid', 'ipc', 'uts', ...(spec.network === 'none' ? (['network'] as const) : [])],
      proc: join(spec.root, container.system.proc),
      steps: stepsOf(spec, container),
      root: { path: spec.root, how: 'pivot' },
      hostname: spec.hostname ?? DEFAULT_HOSTNAME,
      cwd: container.cwd.path,
      user: spec.user,
      capabilities: 'docker',
      limits: spec.ulimits,
      program: program.path,
      args: spec.args,
      env: spec.env,
    },
    io,
  );
}
