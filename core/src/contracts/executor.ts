import type { Abortable } from '../../image/index.ts';
import type { Mount } from './storage.ts';

export interface ProcessSpec {
  /** Directory that becomes `/`. Files of the host that the executor provides (resolv.conf, hosts) leave no trace in it. */
  readonly root: string;
  /** Mounted inside the root after /proc, /dev and /sys, in order; a missing mount point is made and removed afterwards. */
  readonly mounts: readonly (Mount & { readonly target: string })[];
  readonly args: readonly string[];
  /** `NAME=value`; complete: nothing of this process's own environment is added. */
  readonly env: readonly string[];
  /** Absolute; made 0755 when missing. */
  readonly cwd: string;
  readonly user: {
    readonly uid: number;
    readonly gid: number /** supplementary */;
    readonly groups: readonly number[];
  };
  readonly network: 'default' | 'none' | 'host';
  readonly hostname?: string | undefined;
  /** Extra lines of /etc/hosts: `[address, name]`. */
  readonly hosts?: readonly (readonly [string, string])[] | undefined;
  /** Bytes. */
  readonly shmSize?: number | undefined;
  readonly ulimits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[] | undefined;
}

export interface ProcessIO extends Abortable {
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
  /** Without it the process reads end-of-file. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
}

/** 127 when the program was not found, 126 when it could not be executed, 128 + n when signal n ended it. */
export interface ProcessResult {
  readonly exitCode: number;
  readonly signal?: string | undefined;
}

/**
 * Runs one process at a time per call, in a root made of mounts, and waits for it and everything it started: when `run` settles nothing
 * of it is left, neither process nor mount. Several calls may be under way at once. On abort the whole process tree is killed and the
 * promise rejects with the signal's reason.
 */
export interface Executor {
  readonly name: string;
  readonly capabilities: {
    /** Which of `ProcessSpec.network` it can give. */
    readonly networks: readonly ('default' | 'none' | 'host')[];
    /** The process sees neither the host's processes nor its mounts. */
    readonly isolated: boolean;
  };
  /** A non-zero exit is a result. @throws VarveError `EXECUTOR_FAILED` when the process could not be started at all */
  run(process: ProcessSpec, io: ProcessIO): Promise<ProcessResult>;
}
