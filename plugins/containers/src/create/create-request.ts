import type { CapabilityChanges, ProcessDevice, ProcessSpec, PublishedPort, ResourceLimits } from '@varve/core';
import type { Healthcheck, Platform } from '@varve/core/image';
import type { ContainerMount, ContainerSpec } from '../state/container-record.ts';

/** A volume that has no name yet. */
export type AskedMount =
  | Exclude<ContainerMount, { type: 'volume' }>
  | (Omit<ContainerMount & { type: 'volume' }, 'name'> & { readonly name?: string });

/** What the words of `run` and `create` ask for. What is `undefined` is left to the image, or to the default. */
export interface CreateRequest {
  readonly image: string;
  readonly args: readonly string[];
  readonly name?: string | undefined;
  readonly pull: 'always' | 'missing' | 'never';
  readonly platform?: Platform | undefined;
  readonly entrypoint?: string | undefined;
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  readonly health?: Healthcheck | undefined;
  readonly stopSignal?: string | undefined;
  readonly stopTimeout?: number | undefined;
  readonly hostname?: string | undefined;
  readonly mounts: readonly AskedMount[];
  readonly volumesFrom: readonly { readonly container: string; readonly readOnly: boolean }[];
  readonly network: ProcessSpec['network'];
  readonly hosts: NonNullable<ProcessSpec['hosts']>;
  readonly dns: ProcessSpec['dns'];
  readonly capabilities: CapabilityChanges;
  readonly devices: readonly ProcessDevice[];
  readonly limits: ResourceLimits;
  readonly ulimits: ContainerSpec['ulimits'];
  readonly ports: readonly PublishedPort[];
  readonly shmSize?: number | undefined;
  readonly log: ContainerSpec['log'];
  readonly executor?: string | undefined;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly readOnly: boolean;
  readonly privileged: boolean;
  readonly init: boolean;
  readonly noNewPrivileges: boolean;
  readonly autoRemove: boolean;
}
