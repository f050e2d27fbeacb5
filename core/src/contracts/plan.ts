import type { ContainerConfig, Platform } from '../../image/index.ts';
import type { SourceRange } from '../errors.ts';

/**
 * A filesystem that a step reads from. Frontends write `name` where the language lets a word mean several things; a `plan` tap (the
 * multi-stage plugin) turns it into one of the others, and the kernel takes what is left as an image.
 */
export type TreeRef =
  /** The build context, or the named context `name`. */
  | { readonly kind: 'context'; readonly name?: string | undefined }
  | { readonly kind: 'stage'; readonly name: string }
  | { readonly kind: 'image'; readonly ref: string }
  /** A stage's name or number, a named context, or an image: not decided yet. */
  | { readonly kind: 'name'; readonly name: string };

/** What a stage starts from. */
export type BaseRef = { readonly kind: 'scratch' } | Exclude<TreeRef, { kind: 'context' }>;

/** One row of the image's history. The kernel adds the time, and whether there is a layer. */
export interface StepHistory {
  readonly createdBy: string;
  readonly comment?: string | undefined;
}

export interface StepBase<K extends string> {
  readonly kind: K;
  /** What the user wrote, on one line, for progress and messages. */
  readonly title: string;
  readonly source?: SourceRange | undefined;
  /** Without it a step that makes a layer gets a row that says `title`, and any other step none. */
  readonly history?: StepHistory | undefined;
  /** Every tree that the step may ask for with `treeOf`, so that they are made ready beside each other; other stages are refused. */
  readonly inputs?: readonly TreeRef[] | undefined;
}

/** One thing mounted into a process for as long as it runs, and never part of the layer. */
export type RunMount =
  | {
      readonly type: 'bind';
      readonly from: TreeRef;
      readonly source: string;
      readonly target: string;
      readonly writable: boolean;
    }
  | {
      readonly type: 'cache';
      readonly id: string;
      readonly target: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly from?: TreeRef | undefined;
      readonly source?: string | undefined;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly writable: boolean;
    }
  | { readonly type: 'tmpfs'; readonly target: string /** bytes */; readonly size?: number | undefined }
  | {
      readonly type: 'secret';
      readonly id: string;
      readonly target?: string | undefined;
      readonly env?: string | undefined;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'ssh';
      readonly id: string;
      readonly target?: string | undefined;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

export type Network = 'default' | 'none' | 'host';

/** Starts a process in the stage's filesystem; user, working directory and environment are those of the config at that point. */
export interface RunStep extends StepBase<'run'> {
  /** The whole argument vector: a shell form has its shell in front. */
  readonly args: readonly string[];
  /** `NAME=value` over the config's environment: build arguments declared so far. Part of the cache key. */
  readonly env: readonly string[];
  /** The same, but in no cache key and no history: predefined proxy arguments. */
  readonly hiddenEnv?: readonly string[] | undefined;
  readonly network: Network;
  /** `insecure`: all privileges, where the build allows it. Part of the cache key. */
  readonly security?: 'sandbox' | 'insecure' | undefined;
  /** By CDI name (`vendor.com/class=name`) or path, where the build allows it. One that is not required may be missing. */
  readonly devices?: readonly { readonly name: string; readonly required: boolean }[] | undefined;
  readonly mounts: readonly RunMount[];
  /** Files put before the process for as long as it runs (heredocs that are scripts), by absolute path. */
  readonly scripts?: readonly { readonly path: string; readonly content: string }[] | undefined;
}

export type CopySource =
  /** A path or wildcard in `from`, already expanded. `unpack`: archives, recognised by content, are extracted; `undefined`: COPY, never. */
  | { readonly kind: 'path'; readonly path: string; readonly unpack?: boolean | undefined }
  /** A file written in the build file itself; `name` is used where `dest` is a directory. */
  | { readonly kind: 'inline'; readonly name: string; readonly content: string }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly checksum?: string | undefined;
      /** An archive is extracted; by default what is downloaded stays as it is. */
      readonly unpack?: boolean | undefined;
    }
  | {
      readonly kind: 'git';
      readonly url: string;
      readonly ref?: string | undefined;
      readonly subdir?: string | undefined;
      readonly checksum?: string | undefined;
      readonly keepGitDir: boolean;
    };

export interface CopyStep extends StepBase<'copy'> {
  readonly from: TreeRef;
  readonly sources: readonly CopySource[];
  /** As written, after expansion: relative ones start at the config's working directory; a trailing slash means a directory. */
  readonly dest: string;
  /** `user`, `user:group` or numbers. Without it files of a context or inline get 0:0, those of a stage or image keep theirs. */
  readonly chown?: string | undefined;
  /** Octal digits or symbolic (`u=rwX,go=rX`). */
  readonly chmod?: string | undefined;
  /** Patterns in the syntax of `.dockerignore`, relative to each source. */
  readonly exclude?: readonly string[] | undefined;
  readonly parents?: boolean | undefined;
  readonly link?: boolean | undefined;
}

/** Makes a directory and what is missing above it (WORKDIR). Always a layer, also when there is nothing to do. */
export interface MkdirStep extends StepBase<'mkdir'> {
  /** Absolute. */
  readonly path: string;
  /** Like USER: a name or number, with or without group; empty for 0:0. */
  readonly owner: string;
  readonly mode: number;
}

/**
 * Changes the config and nothing else. `Env` entries replace those of the same name where they stand or are added at the end; `Labels`,
 * `ExposedPorts` and `Volumes` are merged by key; any other member replaces; `null` clears a member.
 */
export interface ConfigStep extends StepBase<'config'> {
  readonly patch: Partial<ContainerConfig>;
  readonly author?: string | undefined;
}

/** Open on purpose: a frontend brings its own kinds by declaration merging, together with their handlers. */
export interface StepKinds {
  run: RunStep;
  copy: CopyStep;
  mkdir: MkdirStep;
  config: ConfigStep;
}
export type Step = StepKinds[keyof StepKinds];

export interface Stage {
  /** Unique in the plan. */
  readonly name: string;
  readonly base: BaseRef;
  readonly steps: readonly Step[];
  /** Where the base is named in the user's file. */
  readonly source?: SourceRange | undefined;
  /** Of the base image and of those that steps read from, where it is not the build's. */
  readonly platform?: Platform | undefined;
  /** Members of the config that count when the base is `scratch`. */
  readonly initial?: Partial<ContainerConfig> | undefined;
}

export interface Plan {
  readonly stages: readonly Stage[];
  /** Name of the stage that becomes the image. */
  readonly target: string;
  /** Patterns of files that the build context does not show, in the syntax of `.dockerignore`. */
  readonly ignore?: readonly string[] | undefined;
  /** The same for named contexts that are directories, by name. */
  readonly contextIgnore?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Seconds since 1970 that the source names as `BuildRequest.epoch`, which counts first. */
  readonly epoch?: number | undefined;
}
