import type { Builder } from '../builders/builder.ts';
import type { Command } from '../measure.ts';

/** What is measured, in words; its parts are run in this order, each after the other. */
export interface Step {
  readonly name: string;
  /** Done before, not timed. */
  prepare?(builder: Builder): Promise<void> | void;
  run(builder: Builder): readonly Command[];
  /** What the image's ID must be: the one before, or another one. */
  readonly id?: 'same' | 'new';
  /** The least that the machine needs: limits by name, and how often each. */
  readonly limit?: Readonly<Record<string, number>>;
  /** Ratio to the fastest other builder that is aimed at. */
  readonly goal?: number;
  /** The step that does the same with so many times less. */
  readonly grows?: { readonly from: string; readonly factor: number };
}

/** Something that the machine can do by the simplest means. */
export interface Limit {
  readonly name: string;
  prepare?(): void;
  run(): readonly Command[];
}

/** A workload with its files in place. */
export interface Opened {
  readonly steps: readonly Step[];
  readonly limits?: readonly Limit[];
  /** Folder that is read once before each round, so that none pays for the disk. */
  readonly warm?: string;
}

export interface Workload {
  /** `W1`; variants have a letter: `W3r`. */
  readonly id: string;
  readonly title: string;
  /** Image that is in the store before. */
  readonly base?: 'busybox' | 'debian';
  readonly needs?: readonly ('debian' | 'registry' | 'root')[];
  /** Builders by name, where it is not for all of them. */
  readonly only?: readonly string[];
  /** Nothing is built: those that only move images take part, too. */
  readonly isTransport?: boolean;
  open(site: Site): Promise<Opened> | Opened;
}

/** What the benchmark hands to workloads. */
export interface Site {
  /** A folder of this workload. */
  readonly dir: string;
  /** Scales a number of things; never below one. */
  times(count: number): number;
  /** Another number at each call: for edits that nobody has seen. */
  next(): number;
  /** The docker-archive with a base image. */
  archiveOf(base: 'busybox' | 'debian'): string;
  /** Makes a docker-archive with an image of its own. */
  makeArchive(context: string, tag: string, file: string): Promise<void>;
  /** Builds a context under the workload's name, or another. */
  build(builder: Builder, context: string, tag?: string): Command;
  /** Runs a command without timing it. */
  must(command: Command): Promise<void>;
  /** Starts an empty registry in place of the one before; returns where it listens. */
  freshRegistry(): Promise<string>;
}

/** Names of base images in every store. */
export const BASE = { busybox: 'localhost/bench/busybox:1', debian: 'localhost/bench/debian:1' } as const;
