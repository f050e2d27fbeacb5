/** A place in a user's file; lines count from 1 and both ends are included. */
export interface SourceRange {
  readonly file: string;
  readonly startLine: number;
  readonly endLine: number;
}

export interface VarveErrorDetails {
  /** What the user can do about it; shown on its own line. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Where in the user's build file it went wrong. */
  readonly source?: SourceRange | undefined;
  /** Name of the plugin whose tap raised it; filled in by the kernel. */
  readonly plugin?: string | undefined;
  /** Exit code of the process that the user's own command ended with, for the command line to pass on. */
  readonly exitCode?: number | undefined;
}

const BRAND = Symbol.for('varve.error');

/** The one error class. `code` is `AREA_REASON`, stable, and what callers compare; `message` says what was expected and what was found. */
export class VarveError extends Error {
  override readonly name = 'VarveError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly source: SourceRange | undefined;
  readonly plugin: string | undefined;
  readonly exitCode: number | undefined;
  readonly [BRAND] = true;

  constructor(code: string, message: string, details: VarveErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.source = details.source;
    this.plugin = details.plugin;
    this.exitCode = details.exitCode;
  }

  /** Recognises errors of every copy of core that may be loaded; never use `instanceof`. */
  static is(value: unknown): value is VarveError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  /** The same error with details added where it has none of its own. */
  static with(error: VarveError, details: VarveErrorDetails): VarveError {
    const { hint, source, plugin, exitCode } = error;
    return new VarveError(error.code, error.message, {
      cause: error.cause ?? error,
      hint: hint ?? details.hint,
      source: source ?? details.source,
      plugin: plugin ?? details.plugin,
      exitCode: exitCode ?? details.exitCode,
    });
  }
}

/** Text of any thrown value, for the message of an error that keeps the value as its cause. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
