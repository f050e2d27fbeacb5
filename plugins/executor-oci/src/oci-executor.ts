import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Executor, ProcessIO, ProcessResult, ProcessSpec, RunningContainer } from '@varve/core';
import {
  type Begun,
  type Container,
  type ControlGroup,
  groupFeatures,
  type HeldContainer,
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
import { Bundle } from './bundle.ts';
import { sweepCgroups } from './cgroup.ts';
import { directly, throughRuntime } from './enter.ts';
import { findInit } from './find-init.ts';
import type { Runtime } from './find-runtime.ts';
import { readFailure } from './runtime-log.ts';
import { RuntimeProcess } from './runtime-process.ts';

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
  readonly #tmp: string;
  readonly #options: OciExecutorOptions;

  /** @param root of the store */
  constructor(root: string, options: OciExecutorOptions) {
    this.#tmp = join(root, 'tmp');
    this.#options = options;
    launchThread({ capabilities: 'all' }); // ready by the time of the first process
    if (options.runtime.kind === 'runc') sweepCgroups();
  }

  get capabilities(): Executor['capabilities'] {
    const features = [...FEATURES, ...(findInit() === undefined ? [] : (['init'] as const)), ...groupFeatures()];
    return { networks: ['default', 'none', 'host'], isolated: true, features };
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    io.signal?.throwIfAborted();
    this.#refuse(asked);
    try {
      const spec = { ...asked, root: realpathSync(asked.root) };
      if (needsGroup(spec)) return await runHeld(async () => await this.#hold(spec, io), io);
      using container = prepareContainer(spec, { tmp: this.#tmp });
      if (container.program.kind === 'found') return await this.#contain(spec, container, io);
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

  async #contain(spec: ProcessSpec, container: Container, io: ProcessIO): Promise<ProcessResult> {
    using bundle = this.#bundle(spec, container);
    const { plan, files } = bundle.run();
    const result = await launch(plan, streamsOf(io, spec.user));
    // A runtime's own failure has the exit code of a process; only its log tells the difference.
    const failure = result.exitCode !== 0 && existsSync(files.log) ? readFailure(readFileSync(files.log, 'utf8'), files.kind) : undefined;
    if (failure !== undefined) throw new Error(failure);
    return result;
  }

  #hold(spec: ProcessSpec, io: ProcessIO): Promise<HeldContainer> {
    return holdContainer(spec, {
      executor: this.name,
      tmp: this.#tmp,
      io,
      namespace: 'pid',
      begin: async (container, group) => await this.#begin(spec, { container, group, io }),
    });
  }

  async #begin(spec: ProcessSpec, { container, group, io }: Beginning): Promise<Begun> {
    if (container.program.kind === 'failed') throw noProgram(container.program);
    const bundle = this.#bundle(spec, container, group);
    try {
      const { plan, files } = bundle.run();
      const runtime = await start(plan, streamsOf(io, spec.user));
      const main = await RuntimeProcess.of(runtime, files);
      const enter = this.#options.seccomp === undefined ? directly : throughRuntime;
      return { main, ...enter({ spec, bundle, runtime, main }), dispose: () => bundle[Symbol.dispose]() };
    } catch (failure) {
      bundle[Symbol.dispose]();
      throw failure;
    }
  }

  #bundle(spec: ProcessSpec, container: Container, group?: ControlGroup): Bundle {
    const { runtime, seccomp } = this.#options;
    return new Bundle({
      runtime,
      spec,
      container,
      seccomp: seccomp === undefined ? undefined : (JSON.parse(readFileSync(seccomp, 'utf8')) as unknown),
      init: spec.init === true ? findInit() : undefined,
      groups: group && { name: group.name, entry: group.entry },
    });
  }

  #refuse(spec: ProcessSpec): void {
    const reasons = { init: 'neither catatonit nor a static tini is installed' };
    refuseUnsupported(spec, { name: this.name, features: this.capabilities.features ?? [], reasons });
  }
}

const FEATURES = ['start', 'exec', 'terminal', 'readOnly', 'privileged', 'capabilities', 'devices', 'noNewPrivileges'] as const;

interface Beginning {
  readonly container: Container;
  readonly group: ControlGroup | undefined;
  readonly io: ProcessIO;
}

/** The runtime is root, and the process may be somebody else who opens /dev/stdout. */
const streamsOf = (io: LaunchIO, user: ProcessSpec['user']): LaunchIO => ({
  stdout: (chunk) => io.stdout(chunk),
  stderr: (chunk) => io.stderr(chunk),
  ready: () => io.ready?.(),
  stdin: io.stdin,
  signal: io.signal,
  streamsFor: user,
});
