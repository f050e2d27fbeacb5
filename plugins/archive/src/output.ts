import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf, VarveError } from '@varve/core';
import { releasing } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';

export interface OutputOptions extends Abortable {
  /** Where `-` goes. */
  readonly stdout: Writable;
}

/**
 * Writes a stream to a file, under a temporary name until it is whole; devices and pipes are written as they are, `-` is stdout.
 * @throws VarveError `OUTPUT_TERMINAL`, `OUTPUT_FAILED`
 */
export async function writeOutput(dest: string, source: AsyncIterable<Uint8Array>, { stdout, signal }: OutputOptions): Promise<void> {
  if (dest === '-') {
    refuseTerminal(stdout);
    return await writeThrough(source, stdout, signal);
  }
  try {
    const special = await isSpecial(dest);
    if (special) await writeInPlace(dest, source, signal);
    else await writeAndRename(await target(dest), source, signal);
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw new VarveError('OUTPUT_FAILED', `Cannot write ${dest}: ${messageOf(cause)}`, { cause, hint: HINTS[cause.code] });
  }
}

async function writeThrough(source: AsyncIterable<Uint8Array>, stdout: Writable, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pipeline(source, stdout, { signal, end: false });
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    const reason = cause.code === 'EPIPE' ? 'whoever reads it has stopped' : messageOf(cause);
    throw new VarveError('OUTPUT_FAILED', `Cannot write the archive to stdout: ${reason}`, { cause, hint: HINTS[cause.code] });
  }
}

/** @throws VarveError `OUTPUT_TERMINAL` */
export function refuseTerminal(stdout: Writable): void {
  if ((stdout as Writable & { readonly isTTY?: boolean }).isTTY === true)
    throw new VarveError('OUTPUT_TERMINAL', 'An archive is not written to a terminal', {
      hint: 'Name a file with -o, or redirect the output.',
    });
}

export interface Errno extends Error {
  readonly code: string;
}
/** Whether a system call failed (with this code). */
export const isErrno = (value: unknown, code?: string): value is Errno =>
  value instanceof Error && 'syscall' in value && 'code' in value && (code === undefined || value.code === code);

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'The folder must be there already.',
  ENOSPC: 'The disk is full.',
  EISDIR: 'Name a file in it.',
};

async function isSpecial(dest: string): Promise<boolean> {
  const found = await stat(dest).catch((failure: unknown) => {
    if (isErrno(failure, 'ENOENT')) return undefined;
    throw failure;
  });
  if (found?.isDirectory() === true) throw new VarveError('OUTPUT_FAILED', `Cannot write ${dest}: it is a folder`, { hint: HINTS.EISDIR });
  return found !== undefined && !found.isFile();
}

/** A symlink to a file stays one. */
const target = (dest: string): Promise<string> => realpath(dest).catch(() => dest);

async function writeAndRename(path: string, source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`);
  await using file = closing(await open(temporary, 'wx'));
  try {
    await writeFile(file.handle, releasing(source), { signal });
    await rename(temporary, path);
  } catch (failure) {
    await rm(temporary, { force: true });
    throw failure;
  }
}

async function writeInPlace(path: string, source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
  await using file = closing(await open(path, 'w'));
  await writeFile(file.handle, source, { signal });
}

const closing = (handle: FileHandle): AsyncDisposable & { readonly handle: FileHandle } => ({
  handle,
  [Symbol.asyncDispose]: () => handle.close(),
});
