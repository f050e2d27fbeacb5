/*
 * What is asked of a container and told of it: the words that the executors' contract shares with the system calls that fulfil it.
 */

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary. */
  readonly groups: readonly number[];
}

/** Characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** By name, `NET_ADMIN` or `CAP_NET_ADMIN` in any case, or `ALL`. Docker's rules: what is added and dropped is added, unless `ALL` is added. */
export interface CapabilityChanges {
  readonly add?: readonly string[] | undefined;
  readonly drop?: readonly string[] | undefined;
}

/** A device of the host, or all those in a directory of it. */
export interface ProcessDevice {
  readonly source: string;
  /** Inside the root. */
  readonly target: string;
  /** Some of `r`, `w` and `m` (mknod). */
  readonly permissions: string;
}

/** A program of the host that is run at a moment in the life of a container (OCI runtime-spec, config.md, POSIX-platform Hooks). */
export interface ProcessHook {
  readonly when: 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop';
  readonly path: string;
  /** With the program's own name in front. */
  readonly args?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
}

/** Of everything that runs in a container together. */
export interface ResourceLimits {
  /** Bytes. */
  readonly memory?: number | undefined;
  /** Bytes of memory and swap together; negative: no limit. Default: twice the memory, as docker. */
  readonly memorySwap?: number | undefined;
  /** Processors' worth of time: 1.5. */
  readonly cpus?: number | undefined;
  /** Share of the time that others want, too; 1024 is usual. */
  readonly cpuShares?: number | undefined;
  /** Processors by number: `0-2,4`. */
  readonly cpuset?: string | undefined;
  /** Processes and threads; 0 or negative: no limit. */
  readonly pids?: number | undefined;
}

/** What comes to a port of the host goes to one of the container. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp';
  /** Of the host; default: all. */
  readonly address?: string | undefined;
  /** Of the host. */
  readonly port: number;
  readonly containerPort: number;
}

/** What an executor may or may not be able to give, beside what every one can. */
export type ExecutorFeature =
  /** `ProcessSpec` members of the same names. */
  | 'terminal'
  | 'readOnly'
  | 'privileged'
  | 'capabilities'
  | 'devices'
  | 'hooks'
  | 'init'
  | 'noNewPrivileges'
  | 'ports'
  /** Members of `ResourceLimits`. */
  | 'memory'
  | 'cpus'
  | 'pids'
  /** `start`, and the methods of `RunningContainer`. */
  | 'start'
  | 'exec'
  | 'pause'
  | 'stats';

/** Another process in a running container. */
export interface ExecSpec {
  readonly args: readonly string[];
  /** As in `ProcessSpec`: complete. */
  readonly env: readonly string[];
  /** Absolute, and there. */
  readonly cwd: string;
  readonly user: ProcessUser;
  readonly terminal?: TerminalSize | undefined;
  /** All capabilities, whatever the container has. Without it: the container's. */
  readonly privileged?: boolean | undefined;
}

/** 127 when the program was not found, 126 when it could not be executed, 128 + n when signal n ended it. */
export interface ProcessResult {
  readonly exitCode: number;
  readonly signal?: string | undefined;
  /** The kernel killed something of it because `limits.memory` was used up. */
  readonly outOfMemory?: boolean | undefined;
}

/** Since its start, of everything in a container. What this host does not count is left out. */
export interface ContainerStats {
  /** Nanoseconds of processor time. */
  readonly cpu?: number;
  /** Bytes, without those of files that can be read again. */
  readonly memory?: number;
  readonly memoryLimit?: number;
  readonly pids?: number;
  readonly pidsLimit?: number;
}

/** What of a request an executor may not be able to give; `ProcessSpec` has the rest. */
export interface FeatureRequest {
  /** Standard streams are a terminal of this size, in a session of its own: all output comes by `stdout`. */
  readonly terminal?: TerminalSize | undefined;
  /** The root, not the mounts. */
  readonly readOnly?: boolean | undefined;
  /** All capabilities and devices; /sys and /proc as they are. It can do to the host whatever root can. */
  readonly privileged?: boolean | undefined;
  /** Changes of docker's default set. */
  readonly capabilities?: CapabilityChanges | undefined;
  readonly devices?: readonly ProcessDevice[] | undefined;
  /** Programs of the host, each with all its rights: only for what the host itself says (device specifications). */
  readonly hooks?: readonly ProcessHook[] | undefined;
  readonly limits?: ResourceLimits | undefined;
  /** PID 1 is an init that passes signals on and reaps orphans. */
  readonly init?: boolean | undefined;
  /** Programs cannot gain privileges by setuid bits or file capabilities. */
  readonly noNewPrivileges?: boolean | undefined;
  /** In the host's network a port is reached under its own number: one that is published so needs nothing of an executor. */
  readonly ports?: readonly PublishedPort[] | undefined;
  readonly network?: 'default' | 'none' | 'host' | undefined;
}

/** One device of the host. */
export interface HostDevice extends ProcessDevice {
  readonly type: 'char' | 'block';
  readonly major: number;
  readonly minor: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
