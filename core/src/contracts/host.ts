import type { Abortable, Image, ImageReference } from '../../image/index.ts';
import type { AnyPlugin } from '../plugin.ts';
import type { Token } from '../scope.ts';
import type { PendingTap } from '../taps.ts';
import type { BuildRequest, BuildResult } from './build.ts';
import type { BuildEvent } from './event.ts';
import type { Executor } from './executor.ts';
import type { Snapshotter } from './snapshotter.ts';
import type { StorageDriver } from './storage.ts';
import type { ResolveOptions, Transport, TransportRequest } from './transport.ts';

/** Asks for a host facility, by name or whichever fits. A tap that passes says why, for the error when all pass. */
export interface HostRequest extends Abortable {
  readonly name?: string | undefined;
  /** Root of the store. */
  readonly root: string;
  decline(provider: string, reason: string): void;
}

export interface KernelSettings {
  /** Root of the store; made when first needed. */
  readonly root: string;
  readonly plugins: readonly AnyPlugin[];
  /** By plugin name. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Milliseconds that an aborted build may take to end its processes and undo its mounts. Default 10,000. */
  readonly grace?: number;
  /** Who is asked for where nobody is named; default: whoever fits first. */
  readonly storage?: string | undefined;
  readonly executor?: string | undefined;
}

/** Who was picked on this host, and why the others were not. */
export interface Choice<T> {
  readonly provider: T;
  readonly declined: readonly { readonly provider: string; readonly reason: string }[];
}

/** What commands and embedding programs see of a kernel. */
export interface Host {
  readonly root: string;
  readonly plugins: readonly { readonly name: string; readonly core: string }[];
  /** Taps that were called and have not answered. */
  readonly pending: readonly PendingTap[];
  build(request: BuildRequest): Promise<BuildResult>;
  /** Finds the image that a reference names: here, or where its transport fetches it. @throws VarveError `IMAGE_UNKNOWN` */
  resolve(
    reference: ImageReference,
    options?: Partial<ResolveOptions> & Partial<Pick<TransportRequest, 'fresh' | 'local'>>,
  ): Promise<Image>;
  /**
   * Who takes an image to this place, or with `purpose: 'resolve'` who fetches one from there, whatever is here.
   * @throws VarveError `TRANSPORT_NONE`, `IMAGE_UNKNOWN`
   */
  transport(reference: ImageReference, options?: Abortable & Partial<Pick<TransportRequest, 'purpose'>>): Promise<Transport>;
  storage(name?: string): Promise<Choice<StorageDriver>>;
  executor(name?: string): Promise<Choice<Executor>>;
  snapshotter(): Promise<Choice<Snapshotter>>;
  /** What a plugin provides. @throws VarveError `NOT_PROVIDED` */
  get<T>(token: Token<T>): T;
  /** All that plugins contributed to a list. */
  all<T>(list: Token<readonly T[]>): readonly T[];
  /** Tells the `event` taps something that happens outside a build. */
  emit(event: BuildEvent): void;
}

/** A running toolchain. Dispose it when done: what its plugins made is disposed, newest first. */
export interface Kernel extends Host, AsyncDisposable {}
