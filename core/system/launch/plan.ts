import type { MountRequest } from '../mount.ts';

/** One thing to do in the new namespaces before the program starts. Paths are the host's. */
export type LaunchStep =
  | ({ readonly kind: 'mount' /** Directory for relative paths in options. */; readonly cwd?: string | undefined } & MountRequest)
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  /** Shows nothing: an empty directory, or a file like /dev/null. A path that is not there is passed over. */
  | { readonly kind: 'mask'; readonly path: string }
  /** Bound onto itself, not to be written. A path that is not there is passed over. */
  | { readonly kind: 'readonly'; readonly path: string };

export type Namespace = 'mount' | 'pid' | 'ipc' | 'uts' | 'network';

export interface LaunchUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary. */
  readonly groups: readonly number[];
}

/** A process to start, and everything about it that must be so before its first instruction. */
export interface LaunchPlan {
  /** New ones. Without `pid` only `mount` can be had. */
  readonly namespaces: readonly Namespace[];
  /** Where /proc of the new pid namespace is mounted, before all steps. */
  readonly proc?: string | undefined;
  readonly steps: readonly LaunchStep[];
  /** `pivot` needs a mount namespace and the root to be a mount point; nothing of the host's files can be reached then. Without it a program of the host is started. */
  readonly root?: { readonly path: string; readonly how: 'pivot' | 'chroot' } | undefined;
  readonly hostname?: string | undefined;
  /** Inside the root. */
  readonly cwd: string;
  readonly user: LaunchUser;
  /** `docker`: the bounding set is docker's default; `all`: it stays as it is. */
  readonly capabilities: 'docker' | 'all';
  /** By name without `RLIMIT_`, lower case. Negative: unlimited. */
  readonly limits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[] | undefined;
  /** Path inside the root; nothing is looked up. */
  readonly program: string;
  /** With the name that the program sees as its own in front. */
  readonly args: readonly string[];
  /** Complete. */
  readonly env: readonly string[];
}

/** What the launching thread is told: a plan, and open files of this process by number. */
export interface LaunchOrder {
  readonly id: number;
  readonly plan: LaunchPlan;
  readonly stdio: readonly [stdin: number, stdout: number, stderr: number];
  /** The process whose namespaces to enter: the one that waits for PID 1. */
  readonly namespacesOf?: number | undefined;
}

/** A namespace and an open file of it, without which its number could soon be another's. */
export interface HeldNamespace {
  /** As /proc shows it: `mnt:[4026531841]`. */
  readonly id: string;
  readonly fd: number;
}

export type LaunchEvent =
  /** `namespace`: the mount namespace, where there is no pid namespace. */
  | { readonly kind: 'started'; readonly pid: number; readonly namespace?: HeldNamespace | undefined }
  | { readonly kind: 'ended'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** `code` is the errno's name when the program could not be executed. */
  | { readonly kind: 'not-executed'; readonly code: string }
  /** `broken`: the thread could not come back to where it was and is of no use any more. */
  | { readonly kind: 'failed'; readonly message: string; readonly broken: boolean };

/** What a launching thread tells about an order. */
export interface LaunchMessage {
  readonly id: number;
  readonly event: LaunchEvent;
}
