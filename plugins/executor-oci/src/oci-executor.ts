import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Executor, messageOf, type ProcessIO, type ProcessResult, type ProcessSpec, VarveError } from '@varve/core';
import {
  type Container,
  HOST_ENV,
  launch,
  launchThread,
  PrivateDirectory,
  prepareContainer,
  protectRoot,
  type RootStep,
  refuseUnsupported,
} from '@varve/core/system';
import { CGROUP_PREFIX, cgroupSteps, removeCgroup, sweepCgroups } from './cgroup.ts';
import type { Runtime } from './find-runtime.ts';
import { runtimeConfig, serializeConfig } from './runtime-config.ts';
import { logFormat, readFailure } from './runtime-log.ts';

export interface OciExecutorOptions {
  readonly runtime: Runtime;
  /** Path of a file with a `linux.seccomp` object. */
  readonly seccomp?: string | undefined;
}

/**
 * Runs each process in a container of its own. The runtime itself is started in a pid and a mount namespace that end with the call, so
 * that nothing of a container outlives it, however the call ends.
 */
export class OciExecutor implements Executor {
  readonly name = 'oci';
  readonly capabilities = { networks: ['default', 'none', 'host'], isolated: true } as const;
  readonly #tmp: string;
  readonly #options: OciExecutorOptions;

  /** @param root of the store */
  constructor(root: string, options: OciExecutorOptions) {
    this.#tmp = join(root, 'tmp');
    this.#options = options;
    launchThread({ capabilities: 'all' }); // ready by the time of the first process
    if (options.runtime.kind === 'runc') sweepCgroups();
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    io.signal?.throwIfAborted();
    refuseUnsupported(asked, { name: this.name, features: [] });
    try {
      const spec = { ...asked, root: realpathSync(asked.root) };
      using container = prepareContainer(spec, { tmp: this.#tmp });
      if (container.program.kind === 'found') return await this.#contain(spec, { container, io });
      io.stderr(Buffer.from(`${container.program.message}\n`));
      return { exitCode: container.program.exitCode };
    } catch (cause) {
      if (io.signal?.aborted) throw io.signal.reason;
      throw new VarveError('EXECUTOR_FAILED', `The process could not be started: ${messageOf(cause)}`, { cause });
    }
  }

  async #contain(spec: ProcessSpec, { container, io }: { readonly container: Container; readonly io: ProcessIO }): Promise<ProcessResult> {
    if (container.mounts.some(({ cwd }) => cwd !== undefined))
      throw new VarveError('EXECUTOR_MOUNT', 'An OCI runtime cannot mount with options relative to a directory', {
        hint: 'Use the executor "namespaces".',
      });
    const id = `${CGROUP_PREFIX}${basename(container.dir)}`;
    const { runtime, seccomp } = this.#options;
    const filter = seccomp === undefined ? undefined : (JSON.parse(readFileSync(seccomp, 'utf8')) as unknown);
    const root = protectRoot(spec.root);
    const hooks = runtime.kind === 'crun' ? keepOptions(root) : undefined;
    const config = runtimeConfig(spec, { container, cgroup: `/${id}`, seccomp: filter, hooks });
    // What the process is told may be secret, and the runtime writes it down more than once.
    using directory = new PrivateDirectory();
    const bundle = join(directory.path, 'bundle');
    const log = join(container.dir, 'log');
    mkdirSync(bundle);
    writeFileSync(join(bundle, 'config.json'), serializeConfig(config));
    const state = join(directory.path, 'state');
    const common = [
      '--root',
      state,
      '--log',
      log,
      '--log-format',
      logFormat(runtime.kind),
      ...(runtime.kind === 'crun' ? ['--cgroup-manager=disabled'] : []),
    ];
    try {
      const result = await launch(
        {
          namespaces: ['mount', 'pid'],
          proc: '/proc',
          steps: [root, ...cgroupSteps()],
          cwd: '/',
          user: { uid: 0, gid: 0, groups: [] },
          capabilities: 'all',
          program: runtime.path,
          args: [runtime.kind, ...common, 'run', '--no-new-keyring', '--bundle', bundle, id],
          env: Object.entries(HOST_ENV).map(([name, value]) => `${name}=${value}`),
        },
        { ...io, streamsFor: spec.user },
      );
      // A runtime's own failure has the exit code of a process; only its log tells the difference.
      const failure = result.exitCode !== 0 && existsSync(log) ? readFailure(readFileSync(log, 'utf8'), runtime.kind) : undefined;
      if (failure !== undefined) throw new Error(failure);
      return result;
    } finally {
      if (runtime.kind === 'runc') removeCgroup(id);
    }
  }
}

/**
 * crun binds the root once more without the options that it has. This hook runs where the container's mounts are, before its root is
 * entered. It must read its input: crun fails when a hook ends before it has.
 */
function keepOptions({ target, options = [] }: RootStep): object {
  const kept = ['remount', 'bind', ...options.filter((option) => option !== 'rbind')].join(',');
  const args = ['sh', '-c', 'while read -r _; do :; done; exec mount -o "$1" "$2"', 'hook', kept, target];
  return { createContainer: [{ path: '/bin/sh', args, env: [`PATH=${HOST_ENV.PATH}`] }] };
}
