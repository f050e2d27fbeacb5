import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { messageOf, type SourceRange, VarveError } from '../src/errors.ts';
import { excerpt } from './excerpt.ts';
import { visible } from './visible.ts';

export interface PrintOptions {
  readonly stderr: Writable;
  /** With the stack and its causes. */
  readonly debug: boolean;
}

/** What a user reads of a failure: where, what, what to do, and who says so. */
export function printError(error: unknown, { stderr, debug }: PrintOptions): void {
  if (isClosedPipe(error)) return;
  stderr.write(`${describeError(error).join('\n')}\n`);
  if (debug) stderr.write(`${visible(inspect(error, { depth: 4 }))}\n`);
}

function describeError(error: unknown): readonly string[] {
  if (!VarveError.is(error)) return describeBug(error);
  const { source, message, hint, code, plugin } = error;
  const who = plugin === undefined ? code : `${code}, ${plugin}`;
  return [
    ...placeOf(source),
    visible(`Error: ${message}`),
    ...(hint === undefined ? [] : [visible(`Hint: ${hint}`)]),
    ...(code === 'USAGE' ? [] : [visible(`[${who}]`)]),
  ];
}

/** Not a `VarveError`: the system's errors are told as they are; anything else is a mistake of ours. */
function describeBug(error: unknown): readonly string[] {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return [visible(`Error: ${messageOf(error)}`), `[${code}]`];
  return [visible(`Error: ${messageOf(error)}`), 'Hint: This is a mistake in varve or in a plugin; --debug shows where.', '[INTERNAL]'];
}

function placeOf(source: SourceRange | undefined): readonly string[] {
  return source === undefined ? [] : [...excerpt(source).map(visible)];
}

/** Whoever read our output has gone. */
const isClosedPipe = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'EPIPE';

/** Codes of errors that lie in how varve was called, not in what it did. */
const MISUSE = /^(?:USAGE|CONFIG_|OPTIONS_|PLUGIN_UNKNOWN$|REFERENCE_INVALID$|PLATFORM_INVALID$)/;

/** 1 failed, 2 misused, what the user's process ended with, or 128 + n after signal n. */
export function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (signal.aborted && VarveError.is(signal.reason)) return signal.reason.exitCode ?? 1;
  if (!VarveError.is(error)) return 1;
  return error.exitCode ?? (MISUSE.test(error.code) ? 2 : 1);
}
