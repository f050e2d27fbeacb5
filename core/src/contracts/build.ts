import type { DirectoryTree } from '../../archive/index.ts';
import type { Abortable, Descriptor, Digest, Image, ImageIndex, Platform } from '../../image/index.ts';
import type { Emit } from './event.ts';
import type { ResourceLimits } from './executor.ts';
import type { ExportRequest, ExportResult } from './exporter.ts';
import type { BuildSource } from './frontend.ts';

/** How processes of RUN steps are started, for the whole build. */
export interface RunSettings {
  readonly network?: 'default' | 'none' | 'host' | undefined;
  /** What the host is called for them. */
  readonly hostname?: string | undefined;
  /** `host:ip` pairs for /etc/hosts. */
  readonly addHosts?: readonly string[] | undefined;
  /** Bytes of /dev/shm. */
  readonly shmSize?: number | undefined;
  /** `type=soft[:hard]`. */
  readonly ulimits?: readonly string[] | undefined;
  /** Of each process and all that it starts, as far as the executor can: they do not change what comes of it. */
  readonly limits?: ResourceLimits | undefined;
}

/** Where a secret is read when a process needs it. Its value is in no request, event, cache key or record. */
export type SecretSource = { readonly file: string } | { readonly env: string };

/** A place that caches come from or go to: `type=registry,ref=…`. */
export interface CacheRequest {
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface BuildRequest extends Abortable {
  readonly source: BuildSource;
  /** Directory of the build context; without it there is none, and steps that ask for it fail. */
  readonly context?: string | undefined;
  /** Seconds since 1970 that the context is of as a whole, where it comes from elsewhere: of a commit, of an archive. */
  readonly contextTime?: number | undefined;
  /** Directories or references by name (`--build-context`). */
  readonly contexts?: Readonly<Record<string, string>> | undefined;
  /** Default: this host's. */
  readonly platform?: Platform | undefined;
  /** Several: an image for each, and an index over them in this order. `platform` then says nothing. */
  readonly platforms?: readonly Platform[] | undefined;
  readonly target?: string | undefined;
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** Labels of the result, over those of the source. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Of the manifest of one platform, by `os/arch[/variant]`, over `annotations`. */
  readonly platformAnnotations?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** Of the index, where several platforms are built. */
  readonly indexAnnotations?: Readonly<Record<string, string>> | undefined;
  readonly outputs?: readonly ExportRequest[] | undefined;
  /** `true`: ask no cache; names: not for these stages. New results are recorded all the same. */
  readonly noCache?: boolean | readonly string[] | undefined;
  /** Caches of other machines, asked in this order after those of this one. */
  readonly cacheFrom?: readonly CacheRequest[] | undefined;
  /** Where what the steps came to is written for other machines, once the image is. */
  readonly cacheTo?: readonly CacheRequest[] | undefined;
  /**
   * Where base images come from: `missing` (`false`, the default) from elsewhere only where none here has the name; `always` (`true`) from
   * elsewhere; `newer` the same, but one that is here does where that fails; `never` from here alone.
   */
  readonly pull?: boolean | 'always' | 'missing' | 'newer' | 'never' | undefined;
  /** Seconds since 1970 (SOURCE_DATE_EPOCH): newer times in config and new layers become this one. */
  readonly epoch?: number | undefined;
  /** Insist on this storage driver or executor instead of the first that fits. */
  readonly storage?: string | undefined;
  readonly executor?: string | undefined;
  readonly run?: RunSettings | undefined;
  /** What steps may ask for beyond a sandbox (`--allow`): `network.host`, `security.insecure`, `device`, `device=<name>`. */
  readonly allow?: readonly string[] | undefined;
  /** What steps may mount as secrets, by id. */
  readonly secrets?: Readonly<Record<string, SecretSource>> | undefined;
  /** What steps may use as SSH agents, by id: the socket of an agent, or private keys; with an empty list the agent of SSH_AUTH_SOCK. */
  readonly ssh?: Readonly<Record<string, readonly string[]>> | undefined;
  /** How many steps of independent stages may run at once. Default: twice the processors, at least 4. */
  readonly parallel?: number | undefined;
  /** What plugins understand and the kernel does not (`squash`, `layers`), by plugin-chosen name. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** What plugins see of the build that is going on: where several platforms are built, of each one. */
export interface BuildInfo extends Abortable {
  readonly id: string;
  readonly request: BuildRequest;
  /** Of the result. Outputs of an index see the first. */
  readonly platform: Platform;
  readonly epoch?: number | undefined;
  readonly emit: Emit;
}

export interface BuildResult {
  /** Of several platforms: the first. */
  readonly image: Image;
  /** Where several platforms were built: their images, in the order asked for. */
  readonly index?: ImageIndex | undefined;
  /** Of the index where there is one. */
  readonly descriptor: Descriptor;
  /** Digest of the config; of the index where there is one. */
  readonly id: Digest;
  readonly outputs: readonly ExportResult[];
  /** Directories of this host that were read from, as they were seen. */
  readonly directories: readonly DirectoryTree[];
}
