import type { HostDevice, ProcessUser, TerminalSize } from '../container/request.ts';
import type { MountRequest } from '../mount.ts';

/** One thing to do in the new namespaces before the program starts. Paths are the host's. */
export type LaunchStep =
  | ({ readonly kind: 'mount' /** Directory for relative paths in options. */; readonly cwd?: string | undefined } & MountRequest)
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string }
  | ({ readonly kind: 'device'; readonly path: string } & Pick<HostDevice, 'type' | 'major' | 'minor' | 'mode' | 'uid' | 'gid'>)
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  /** Shows nothing: an empty directory, or a file like /dev/null. A path that is not there is passed over. */
  | { readonly kind: 'mask'; readonly path: string }
  /** Bound onto itself, not to be written. A path that is not there is passed over. */
  | { readonly kind: 'readonly'; readonly path: string };

export type Namespace = 'mount' | 'pid' | 'ipc' | 'uts' | 'network';

/** What a program may have of capabilities: docker's default, what this process has, or those with these numbers. */
export type LaunchCapabilities = 'docker' | 'all' | readonly number[];

/** What a thread gives up for good, and with it all that it starts. */
export interface Privileges {
  readonly capabilities: LaunchCapabilities;
  /** Nor can programs that it starts gain any. */
  readonly noNewPrivileges?: boolean | undefined;
}

/** A new terminal of a devpts file system, which becomes the program's streams and its session's own. */
export interface LaunchTerminal {
  readonly size: TerminalSize;
  /** The devpts before the root is entered, and after. */
  readonly devpts: { readonly outside: string; readonly inside: string };
  /** A file that is to show it, too: /dev/console, before the root is entered. */
  readonly console?: string | undefined;
  /** It passes everything on as it is: the program has another terminal behind it. */
  readonly raw?: boolean | undefined;
}

export type LaunchUser = ProcessUser;

/** Directories of control groups. */
export interface LaunchGroups {
  readonly dirs: readonly string[];
  /** Where this process is in the same hierarchies. */
  readonly homes: readonly string[];
  /** A thread can enter them without its process. */
  readonly takesThreads: boolean;
}

/** A process to start, and everything about it that must be so before its first instruction. */
export interface LaunchPlan extends Privileges {
  /** New ones. Without `pid` only `mount` can be had. */
  readonly namespaces: readonly Namespace[];
  /** Mount points that the namespaces do not know yet, taken along before all steps. */
  readonly carried?: readonly string[] | undefined;
  /** Where /proc of the new pid namespace is mounted, before all steps. */
  readonly proc?: string | undefined;
  readonly steps: readonly LaunchStep[];
  /** `pivot` needs a mount namespace and the root to be a mount point; nothing of the host's files can be reached then. Without it a program of the host is started. */
  readonly root?: { readonly path: string; readonly how: 'pivot' | 'chroot' } | undefined;
  readonly hostname?: string | undefined;
  /** Inside the root. */
  readonly cwd: string;
  readonly user: LaunchUser;
  /** By name without `RLIMIT_`, lower case. Negative: unlimited. */
  readonly limits?: readonly { readonly type: string; readonly soft: number; readonly hard: number }[] | undefined;
  /** The program starts in them. */
  readonly groups?: LaunchGroups | undefined;
  /** In place of the streams of the order. */
  readonly terminal?: LaunchTerminal | undefined;
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
  /**
   * `namespace`: the mount namespace, where there is no pid namespace. `terminal`: the file to read and write it by. Whoever started the
   * program does not wait for its end, which is the affair of the process.
   */
  | {
      readonly kind: 'started';
      readonly pid: number;
      readonly namespace?: HeldNamespace | undefined;
      readonly terminal?: number | undefined;
    }
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
