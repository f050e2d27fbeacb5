import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Executor, ProcessIO, ProcessResult, ProcessSpec, RunningContainer } from '@varve/core';
import {
  type Begun,
  type Container,
  type ControlGroup,
  groupFeatures,
  type LaunchIO,
  launch,
  launchThread,
  type ProcessRunner,
  type ReadyProcess,
  refuseUnsupported,
  runProcess,
  start,
  startProcess,
} from '@varve/core/system';
import { Bundle } from './bundle.ts';
import { sweepCgroups } from './cgroup.ts';
import { directly, throughRuntime } from './enter.ts';
import { findInit } from './find-init.ts';
import type { Runtime } from './find-runtime.ts';
import { checkLog, RuntimeProcess } from './runtime-process.ts';

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
  readonly #runner: ProcessRunner<ProcessSpec, ProcessIO>;
  readonly #options: OciExecutorOptions;

  /** @param root of the store */
  constructor(root: string, options: OciExecutorOptions) {
    this.#runner = {
      name: this.name,
      tmp: join(root, 'tmp'),
      namespace: 'pid',
      refuse: (asked) => refuseUnsupported(asked, { name: this.name, features: this.capabilities.features ?? [], reasons: REASONS }),
      launch: async (ready) => await this.#launch(ready),
      begin: async (ready, group) => await this.#begin(ready, group),
    };
    this.#options = options;
    launchThread({ capabilities: 'all' }); // ready by the time of the first process
    if (options.runtime.kind === 'runc') sweepCgroups();
  }

  get capabilities(): Executor['capabilities'] {
    const features = [...FEATURES, ...(findInit() === undefined ? [] : (['init'] as const)), ...groupFeatures()];
    return { networks: ['default', 'none', 'host'], isolated: true, features };
  }

  async run(asked: ProcessSpec, io: ProcessIO): Promise<ProcessResult> {
    return await runProcess(this.#runner, asked, io);
  }

  async start(asked: ProcessSpec, io: ProcessIO): Promise<RunningContainer> {
    return await startProcess(this.#runner, asked, io);
  }

  async #launch({ spec, container, io }: Ready): Promise<ProcessResult> {
    using bundle = this.#bundle(spec, container);
    const { plan, files } = bundle.run();
    const result = await launch(plan, streamsOf(io, spec.user));
    checkLog(result, files, io);
    return result;
  }

  async #begin({ spec, container, io }: Ready, group: ControlGroup | undefined): Promise<Begun> {
    const bundle = this.#bundle(spec, container, group);
    try {
      const { plan, files } = bundle.run();
      const runtime = await start(plan, streamsOf(io, spec.user));
      const main = await RuntimeProcess.of(runtime, files, io);
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
}

const FEATURES = ['start', 'exec', 'terminal', 'readOnly', 'privileged', 'capabilities', 'devices', 'hooks', 'noNewPrivileges'] as const;
const REASONS = { init: 'neither catatonit nor a static tini is installed' };

type Ready = ReadyProcess<ProcessSpec, ProcessIO>;

/** The runtime is root, and the process may be somebody else who opens /dev/stdout. */
const streamsOf = (io: LaunchIO, user: ProcessSpec['user']): LaunchIO => ({
  stdout: (chunk) => io.stdout(chunk),
  stderr: (chunk) => io.stderr(chunk),
  ready: () => io.ready?.(),
  stdin: io.stdin,
  signal: io.signal,
  streamsFor: user,
});
