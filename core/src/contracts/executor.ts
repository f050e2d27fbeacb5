import type { Abortable } from '../../image/index.ts';
import type {
  ContainerStats,
  ExecSpec,
  ExecutorFeature,
  FeatureRequest,
  ProcessResult,
  ProcessUser,
  TerminalSize,
} from '../../system/index.ts';
import type { Mount } from './storage.ts';

export type {
  CapabilityChanges,
  ContainerStats,
  ExecSpec,
  ExecutorFeature,
  ProcessDevice,
  ProcessHook,
  ProcessResult,
  ProcessUser,
  PublishedPort,
  ResourceLimits,
  TerminalSize,
} from '../../system/index.ts';

export interface ProcessSpec extends FeatureRequest {
  /** Directory that becomes `/`. Files of the host that the executor provides (resolv.conf, hosts) leave no trace in it. */
  readonly root: string;
  /** Mounted inside the root after /proc, /dev and /sys, in order; a missing mount point is made and removed afterwards. */
  readonly mounts: readonly (Mount & { readonly target: string })[];
  readonly args: readonly string[];
  /** `NAME=value`; complete: nothing of this process's own environment is added. */
  readonly env: readonly string[];
  /** Absolute; made 0755 when missing. */
  readonly cwd: string;
  readonly user: ProcessUser;
  readonly network: 'default' | 'none' | 'host';
  readonly hostname?: string | undefined;
  /** Extra lines of /etc/hosts: `[address, name]`. */
  readonly hosts?: readonly (readonly [string, string])[] | undefined;
  /** In place of the host's /etc/resolv.conf; what is left out is the host's. */
  readonly dns?:
    | { readonly servers?: readonly string[]; readonly search?: readonly string[]; readonly options?: readonly string[] }
    | undefined;
  /** Bytes. */
  readonly shmSize?: number | undefined;
  readonly ulimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[] | undefined;
}

export interface ProcessIO extends Abortable {
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
  /** Told when the process runs, by executors that know: a moment for work that would have delayed it. */
  started?(): void;
  /** Asked after each chunk: nothing more is read of the process until it settles, so that output waits in the process and not in memory. */
  ready?(): Promise<void> | undefined;
  /** Without it the process reads end-of-file. It is asked for more as the process reads; its end is the end of the process's input. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
}

/** A process that was started and may have ended. On abort of its `ProcessIO` it is killed, and `exit` rejects with the signal's reason. */
export interface RunningProcess {
  /** The host's number of it. */
  readonly pid: number;
  /** Settles when it has ended and all its output was passed on. @throws VarveError `EXECUTOR_FAILED` */
  readonly exit: Promise<ProcessResult>;
  /** Sends a signal, `SIGTERM`, to this process alone; nothing happens when it has ended. A PID 1 ignores what it has no handler for, but for SIGKILL. */
  signal(name: NodeJS.Signals): void;
  /** Nothing happens without a terminal. */
  resize(size: TerminalSize): void;
}

/**
 * A container: the process of `start` and whatever it or `exec` starts. It ends with that process: `exit` settles when nothing of it is
 * left, neither process nor mount nor control group, and those of `exec` have ended. It does not outlive the process that called
 * `start`, however that ends; to reach it from elsewhere is the affair of that process.
 */
export interface RunningContainer extends RunningProcess {
  /** Starts another process in it. @throws VarveError as `start`; `EXECUTOR_ENDED` when the container has ended */
  exec(process: ExecSpec, io: ProcessIO): Promise<RunningProcess>;
  /** Stops the clock for all its processes; idempotent. A paused container can be killed. @throws VarveError `EXECUTOR_UNSUPPORTED` */
  pause(): Promise<void>;
  /** Idempotent. */
  resume(): Promise<void>;
  /** The host's numbers of all its processes, ascending. */
  processes(): Promise<readonly number[]>;
  /** @throws VarveError `EXECUTOR_UNSUPPORTED` */
  stats(): Promise<ContainerStats>;
}

/** What was begun for a process that is to come. It is disposed of, whether or not something was run. */
export interface ExpectedProcess extends AsyncDisposable {
  /** As `Executor.run`, once. */
  run(process: ProcessSpec, io: ProcessIO): Promise<ProcessResult>;
}

/**
 * Runs one process at a time per call, in a root made of mounts, and waits for it and everything it started: when `run` settles nothing
 * of it is left, neither process nor mount. Several calls may be under way at once. On abort the whole process tree is killed and the
 * promise rejects with the signal's reason.
 *
 * A request for something that it cannot give is refused before anything is started, never passed over.
 */
export interface Executor {
  readonly name: string;
  readonly capabilities: {
    /** Which of `ProcessSpec.network` it can give. */
    readonly networks: readonly ('default' | 'none' | 'host')[];
    /** The process sees neither the host's processes nor its mounts. */
    readonly isolated: boolean;
    /** What it can give on this host. Without it: none. */
    readonly features?: readonly ExecutorFeature[] | undefined;
  };
  /**
   * A non-zero exit is a result.
   * @throws VarveError `EXECUTOR_FAILED` when the process could not be started at all, `EXECUTOR_UNSUPPORTED` for what it cannot give
   */
  run(process: ProcessSpec, io: ProcessIO): Promise<ProcessResult>;
  /** Begins what a process needs whose root is still being made, so that it starts sooner. `undefined`: nothing can be begun. */
  expect?(process: Pick<ProcessSpec, 'network'>): ExpectedProcess | undefined;
  /**
   * Starts a process and lets it run: settles when it has started.
   * @throws VarveError as `run`; `EXECUTOR_PROGRAM`, with `exitCode` 127 or 126, when the program is not there or cannot be executed
   */
  start?(process: ProcessSpec, io: ProcessIO): Promise<RunningContainer>;
}
