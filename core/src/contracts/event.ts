import type { SourceRange } from '../errors.ts';
import type { Plan, Step } from './plan.ts';

export interface BuildWarning {
  readonly code: string;
  readonly message: string;
  readonly source?: SourceRange | undefined;
}

/** Where in a build something happens. `index` and `total` count the steps of the stage from 1. */
export interface StepPlace {
  readonly stage: string;
  readonly index: number;
  readonly total: number;
  readonly step: Step;
}

/**
 * Everything that can be seen of a build while it runs, in order. `at` is milliseconds since 1970. Plain data, but for `chunk`: reporters
 * may serialise it.
 */
export type BuildEvent = {
  readonly build: string;
  readonly at: number;
  /** Whose, as `os/arch[/variant]`, where several platforms are built. */
  readonly platform?: string | undefined;
} /** `progress` is the request's `options.progress`: how whoever asked for the build wants to be told of it. */ & (
  | { readonly type: 'build-started'; readonly file: string; readonly progress?: unknown }
  | { readonly type: 'planned'; readonly plan: Plan }
  | { readonly type: 'build-finished'; readonly digest: string; readonly id: string }
  | { readonly type: 'build-failed'; readonly code: string; readonly message: string }
  | { readonly type: 'stage-started' | 'stage-finished'; readonly stage: string }
  | ({ readonly type: 'step-started' } & StepPlace)
  | ({ readonly type: 'step-cached'; readonly key: string } & StepPlace)
  /** `key` is absent for steps that are not cached. */
  | ({ readonly type: 'step-finished'; readonly key?: string | undefined } & StepPlace)
  /** With the code `STEP_STOPPED` it was not this step that failed: the build was stopped, by the user or by another step's failure. */
  | ({ readonly type: 'step-failed'; readonly code: string; readonly message: string } & StepPlace)
  | ({
      readonly type: 'step-output';
      readonly stream: 'stdout' | 'stderr';
      readonly chunk: Uint8Array;
    } & StepPlace)
  /** A writable snapshot was opened on a storage driver. */
  | {
      readonly type: 'snapshot-opened' | 'snapshot-committed' | 'mounted' | 'unmounted';
      readonly driver: string;
      readonly id: string;
    }
  /** A layer was written out as files. `bytes`: of file contents. */
  | { readonly type: 'layer-unpacked'; readonly layer: string; readonly driver: string }
  /** A layer's tar was written into the store. */
  | { readonly type: 'layer-stored'; readonly layer: string; readonly diffId: string; readonly bytes: number }
  /** Files were read to be hashed (the stat cache did not know them). */
  | { readonly type: 'files-hashed'; readonly files: number; readonly bytes: number }
  /** Something long moves: pulling, loading, exporting. */
  | {
      readonly type: 'transfer';
      /** What it is a part of, as people are told of it: `FROM docker.io/library/busybox:1.36`. Parts of one thing are shown together. */
      readonly of?: string | undefined;
      readonly id: string;
      readonly label: string;
      readonly status: string;
      readonly current?: number | undefined;
      readonly total?: number | undefined;
    }
  | ({ readonly type: 'warning' } & BuildWarning)
);

type WithoutStamp<E> = E extends BuildEvent ? Omit<E, 'build' | 'at' | 'platform'> : never;
/** What is told to `emit`: the kernel adds which build and when. */
export type BuildEventBody = WithoutStamp<BuildEvent>;
export type Emit = (event: BuildEventBody) => void;
