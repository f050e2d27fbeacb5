import type { CapabilityChanges, KeptSnapshot, ProcessDevice, ProcessSpec, PublishedPort, ResourceLimits } from '@varve/core';
import type { ContainerConfig, Digest } from '@varve/core/image';
import type { Health } from '../health/health-check.ts';

export type Status = 'creating' | 'created' | 'running' | 'paused' | 'exited' | 'removing';

/** Something of the host, or of a volume, that a container sees at a path of its own. */
export type ContainerMount =
  | {
      readonly type: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      /** A directory is made where there is nothing. */
      readonly makeSource: boolean;
      readonly options: readonly string[];
    }
  | {
      readonly type: 'volume';
      readonly name: string;
      readonly target: string;
      readonly readOnly: boolean;
      /** It was made for this container, and goes with it. */
      readonly anonymous: boolean;
      /** An empty one is filled with what the image has there. */
      readonly copy: boolean;
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly options: readonly string[] };

/** What a container was made of. It never changes, but for its name. */
export interface ContainerSpec {
  readonly image: {
    /** As the user wrote it. */
    readonly name: string;
    /** Digest of the manifest. */
    readonly manifest: Digest;
    /** Digest of the config. */
    readonly id: Digest;
  };
  readonly driver: string;
  readonly snapshot: KeptSnapshot;
  /** Whoever fits, where none is named. */
  readonly executor?: string | undefined;
  /** The image's, with what the command line changed in it. */
  readonly config: ContainerConfig;
  readonly hostname: string;
  readonly tty: boolean;
  /** There is an input, fed by whoever attaches. */
  readonly openStdin: boolean;
  /** The input ends with the first who fed it. */
  readonly stdinOnce: boolean;
  readonly network: ProcessSpec['network'];
  readonly hosts: NonNullable<ProcessSpec['hosts']>;
  readonly dns?: ProcessSpec['dns'];
  readonly mounts: readonly ContainerMount[];
  readonly readOnly: boolean;
  readonly privileged: boolean;
  readonly capabilities: CapabilityChanges;
  readonly devices: readonly ProcessDevice[];
  readonly limits: ResourceLimits;
  readonly ulimits: NonNullable<ProcessSpec['ulimits']>;
  readonly init: boolean;
  readonly noNewPrivileges: boolean;
  readonly ports: readonly PublishedPort[];
  readonly shmSize?: number | undefined;
  readonly stopSignal: string;
  /** Seconds. */
  readonly stopTimeout: number;
  readonly autoRemove: boolean;
  readonly log: { readonly maxSize?: number | undefined; readonly maxFiles: number };
}

export interface ContainerState {
  readonly status: Status;
  /** The host's number of its first process while it runs. */
  readonly pid?: number | undefined;
  /** Of the process that looks after it. */
  readonly supervisor?: number | undefined;
  readonly exitCode?: number | undefined;
  readonly outOfMemory?: boolean | undefined;
  /** Where somebody asks for it. */
  readonly health?: Health | undefined;
  /** Why it could not be started. */
  readonly error?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
}

export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly spec: ContainerSpec;
  readonly state: ContainerState;
}
