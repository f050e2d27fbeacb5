import type { Abortable, ImageConfig, Platform } from '../../image/index.ts';
import type { BuildWarning } from './event.ts';
import type { Plan } from './plan.ts';

/** The text that says what to build. */
export interface BuildSource {
  /** As shown in messages. */
  readonly file: string;
  text(): Promise<string>;
  /** Text of the file whose name is this one's with a suffix (`.dockerignore`), where there is one. */
  beside?(suffix: string): Promise<string | undefined>;
}

export interface FrontendRequest extends Abortable {
  /** `--target`; without it the last stage. */
  readonly target?: string | undefined;
  /** `--build-arg`, in the order given. */
  readonly args: Readonly<Record<string, string>>;
  /** Of the image that is built. */
  readonly platform: Platform;
  /** Of this host. */
  readonly buildPlatform: Platform;
  /** `BuildRequest.contextTime`. */
  readonly contextTime?: number | undefined;
  /** Named contexts, a directory or a reference each, which stand before images of the same name. */
  readonly contexts: Readonly<Record<string, string>>;
  /** Config of a base image: environment, user, ONBUILD. @throws VarveError `IMAGE_UNKNOWN` */
  resolveConfig(ref: string, platform?: Platform): Promise<ImageConfig>;
  /**
   * A small text file of the build context (ignore files), or of the named context `name` where that is a directory; `undefined` where there
   * is none. Path relative to the context.
   */
  readContext(path: string, name?: string): Promise<string | undefined>;
  /** `BuildSource.beside`, or `undefined` where the source has no place. */
  readBeside(suffix: string): Promise<string | undefined>;
  warn(warning: BuildWarning): void;
}

/** Turns a source into a plan without executing anything. */
export interface Frontend {
  readonly name: string;
  /** @throws VarveError `FRONTEND_…` with the place in the source. */
  parse(source: BuildSource, request: FrontendRequest): Promise<Plan>;
}
