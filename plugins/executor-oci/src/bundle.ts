import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ExecSpec, type ProcessSpec, VarveError } from '@varve/core';
import {
  type Container,
  HOST_ENV,
  type LaunchGroups,
  type LaunchPlan,
  type LaunchStep,
  PrivateDirectory,
  protectRoot,
  uniqueName,
} from '@varve/core/system';
import { CGROUP_PREFIX, cgroupSteps, removeCgroup } from './cgroup.ts';
import type { Runtime } from './find-runtime.ts';
import { enterGroups, joinHooks, keepOptions, modesOf, setModes } from './hooks.ts';
import { processConfig, runtimeConfig, serializeConfig } from './runtime-config.ts';
import { logFormat } from './runtime-log.ts';
import type { RuntimeFiles } from './runtime-process.ts';

export interface BundleRequest {
  readonly runtime: Runtime;
  readonly spec: ProcessSpec;
  readonly container: Container;
  readonly seccomp?: unknown;
  readonly init?: string | undefined;
  /** The container's own. */
  readonly groups?: { readonly name: string; readonly entry: LaunchGroups } | undefined;
}

export interface RuntimeCall {
  readonly plan: LaunchPlan;
  readonly files: RuntimeFiles;
}

/** A container's files for its runtime, and how that is called. What the process is told may be secret, and is written down more than once. */
export class Bundle implements Disposable {
  readonly #request: BundleRequest;
  readonly #directory = new PrivateDirectory();
  readonly #id: string;

  constructor(request: BundleRequest) {
    this.#request = request;
    this.#id = `${CGROUP_PREFIX}${basename(request.container.dir)}`;
    if (request.container.mounts.some(({ cwd }) => cwd !== undefined)) {
      this.#directory[Symbol.dispose]();
      throw new VarveError('EXECUTOR_MOUNT', 'An OCI runtime cannot mount with options relative to a directory', {
        hint: 'Use the executor "namespaces".',
      });
    }
  }

  /** The container's own process. */
  run(): RuntimeCall {
    const { runtime, spec, container, seccomp, init } = this.#request;
    const root = protectRoot(spec.root, { devices: spec.privileged });
    const groups = this.#ownGroups() ? [] : (this.#request.groups?.entry.dirs ?? []);
    const entered = join(this.#directory.path, 'groups');
    const modes = modesOf(spec.root, container.mounts);
    const hooks = joinHooks(spec.hooks, {
      createRuntime: groups.length > 0 ? [enterGroups(entered)] : [],
      createContainer: runtime.kind === 'crun' ? [keepOptions(root)] : modes.length > 0 ? [setModes(modes)] : [],
    });
    const path = join(this.#directory.path, 'bundle');
    mkdirSync(path);
    const config = runtimeConfig(spec, { container, cgroup: this.#cgroup, seccomp, hooks, init });
    writeFileSync(join(path, 'config.json'), serializeConfig(config));
    const steps = [root, ...groups.flatMap((group, index) => showGroup(group, join(entered, String(index)))), ...cgroupSteps()];
    const { dev } = container.system;
    return this.#call('run', {
      steps,
      args: ['--no-new-keyring', '--bundle', path],
      terminal: spec.terminal,
      console: join(dev, 'console'),
    });
  }

  /** Another process in the container. */
  exec(process: ExecSpec): RuntimeCall {
    const path = join(this.#directory.path, `process-${uniqueName()}`);
    writeFileSync(path, serializeConfig(processConfig(process, this.#request.spec)));
    // What the runtime starts begins where it is; it is moved out afterwards.
    const groups = this.#ownGroups() ? undefined : this.#request.groups?.entry;
    return this.#call('exec', { args: ['--process', path], terminal: process.terminal, groups });
  }

  /** Where a process begins that is started without the runtime. */
  get guestGroups(): LaunchGroups | undefined {
    const entry = this.#request.groups?.entry;
    return entry && this.#ownGroups() ? { ...entry, dirs: entry.dirs.map((dir) => join(dir, this.#id)) } : entry;
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
    if (this.#request.runtime.kind === 'runc') removeCgroup(this.#id);
  }

  #call(command: string, { args, steps = [], terminal, console, groups }: CallDetails): RuntimeCall {
    const { runtime, container } = this.#request;
    const name = uniqueName();
    const files = {
      pid: join(this.#directory.path, `pid-${name}`),
      log: join(container.dir, `log-${name}`),
      kind: runtime.kind,
      terminal: terminal !== undefined,
      console: terminal && console,
    };
    const state = join(this.#directory.path, 'state');
    const common = ['--root', state, '--log', files.log, '--log-format', logFormat(runtime.kind)];
    const manager = runtime.kind === 'crun' ? ['--cgroup-manager=disabled'] : [];
    return {
      files,
      plan: {
        namespaces: ['mount', 'pid'],
        proc: '/proc',
        steps,
        cwd: '/',
        user: { uid: 0, gid: 0, groups: [] },
        capabilities: 'all',
        groups,
        terminal: terminal && { size: terminal, devpts: { outside: '/dev/pts', inside: '/dev/pts' }, raw: true },
        program: runtime.path,
        args: [runtime.kind, ...common, ...manager, command, '--pid-file', files.pid, ...args, this.#id],
        env: Object.entries(HOST_ENV).map(([variable, value]) => `${variable}=${value}`),
      },
    };
  }

  /** runc has groups of version 2 in hand itself, and everything it starts in them: its group is made in the container's. */
  #ownGroups(): boolean {
    const { runtime, groups } = this.#request;
    return runtime.kind === 'runc' && groups?.entry.dirs.length === 1 && cgroupSteps().length === 0;
  }

  get #cgroup(): string {
    return this.#ownGroups() ? `/varve/${this.#request.groups?.name}/${this.#id}` : `/${this.#id}`;
  }
}

interface CallDetails {
  readonly args: readonly string[];
  readonly steps?: readonly LaunchStep[];
  readonly terminal: ProcessSpec['terminal'];
  readonly console?: string | undefined;
  readonly groups?: LaunchGroups | undefined;
}

/** The hook finds it there: where it was is hidden from the runtime. */
const showGroup = (group: string, path: string): readonly LaunchStep[] => [
  { kind: 'directory', path, mode: 0o700 },
  { kind: 'mount', source: group, target: path, type: 'bind' },
];
