import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { VarveError } from '@varve/core';
import { decompress, detectCompression } from '@varve/core/archive';
import { unpackContext } from './unpack-context.ts';

/** Bytes of a build file; more than that is something else. */
const TEXT_LIMIT = 16 << 20;
/** Where a tar's header says what it is (POSIX ustar). */
const MAGIC_AT = 257;

/** A build file from stdin. @throws VarveError `SOURCE_TOO_LARGE` */
export async function readText(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.length;
    if (size > TEXT_LIMIT) throw new VarveError('SOURCE_TOO_LARGE', `Expected a build file on stdin, found more than ${TEXT_LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `varve build -`: a tar, compressed or not, is the context; anything else the build file. */
export type StdinContext = { readonly text: string } | { readonly directory: string; remove(): void };

export async function readStdinContext(stdin: Readable, signal: AbortSignal): Promise<StdinContext> {
  const { head, all } = await peek(stdin, MAGIC_AT + 5);
  if (!isArchive(head)) return { text: await readText(all) };
  const directory = mkdtempSync(join(tmpdir(), 'varve-context-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    await unpackContext(decompress(all, { signal }), directory, signal);
  } catch (error) {
    remove();
    throw error;
  }
  return { directory, remove };
}

const isArchive = (head: Buffer): boolean =>
  detectCompression(head) !== 'none' || head.subarray(MAGIC_AT, MAGIC_AT + 5).toString('latin1') === 'ustar';

/** The beginning of a stream, and the whole stream all the same. */
async function peek(stream: Readable, bytes: number): Promise<{ readonly head: Buffer; readonly all: AsyncIterable<Uint8Array> }> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let head: Buffer = Buffer.alloc(0);
  while (head.length < bytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  return { head, all: all() };
}
