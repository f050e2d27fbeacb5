import type { Platform } from './descriptor.ts';
import type { DiffID } from './digest.ts';

/** Durations in nanoseconds (docker image specification 1.2; not part of OCI). */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/**
 * What a container is started with: the member `config` of an image's configuration, with its names on the wire (OCI image-spec,
 * config.md, and docker's additions). A `null` member means the same as an absent one. Members that nobody here knows are kept.
 */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck | null;
  readonly OnBuild?: readonly string[] | null;
  readonly Shell?: readonly string[] | null;
  readonly [unknown: string]: unknown;
}

/** One row of an image's history; rows without `empty_layer` stand for the layers, in order. */
export interface HistoryRow {
  /** RFC 3339. */
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly author?: string;
  readonly empty_layer?: boolean;
}

/** An image's configuration without what follows from its layers (`rootfs`). */
export interface ImageConfig extends Platform {
  /** RFC 3339. */
  readonly created?: string;
  readonly author?: string;
  readonly config: ContainerConfig;
  readonly history: readonly HistoryRow[];
  readonly [unknown: string]: unknown;
}

/** The whole document, as it is hashed to the image's ID. */
export interface ImageConfigFile extends ImageConfig {
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly DiffID[] };
}
