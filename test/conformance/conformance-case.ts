import type { PlainConfig } from './outcome.ts';

/** One file of a build context; a string is the text of a file with mode 0644. */
export interface FileSpec {
  readonly text?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly isDirectory?: boolean;
  /** Of a symlink. */
  readonly target?: string;
  /** Of a hard link: a name that stands above. */
  readonly sameAs?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly isFifo?: boolean;
  readonly isSocket?: boolean;
}

/** What a build is asked for besides its file. */
export interface Asked {
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly network?: 'none' | 'host';
  /** `--allow`. */
  readonly allow?: readonly string[];
  /** `true`: one layer above the base. */
  readonly squash?: boolean;
  /** `false`: one layer a stage. */
  readonly layers?: boolean;
  /** `-f`, in the context. */
  readonly file?: string;
  /** Named contexts: directories of the context, or images (`docker-image://…`). */
  readonly contexts?: Readonly<Record<string, string>>;
}

/** A build, and what must come out of it: all that is stated is compared. */
export interface ConformanceCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly files?: Readonly<Record<string, string | FileSpec>>;
  readonly asked?: Asked;
  /** Build file of an image that is made first, and called `base`. */
  readonly base?: string;
  /** Every file that the result has and `busybox` has not, and what of `busybox` is gone: see `showTree`. */
  readonly tree?: readonly string[];
  /** Show which files have kept their time. */
  readonly showTimes?: boolean;
  /** All that the config says: see `plainConfig`. */
  readonly config?: PlainConfig;
  readonly author?: string;
  /** `created_by` of the rows above the base. */
  readonly history?: readonly string[];
  /** The number of layers above the base. */
  readonly layers?: number;
  /** Part of the message with which the build fails. */
  readonly fails?: RegExp;
  /** Why Buildah 1.28 makes something else of it; without it, it makes the same. */
  readonly unlikeBuildah?: string;
}

/** A group of cases about one thing. */
export type ConformanceCases = readonly ConformanceCase[];
