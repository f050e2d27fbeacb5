import { type ContentStore, VarveError } from '@varve/core';
import { type Content, decompress, detectCompression } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import { streamContent } from './stream-content.ts';

const BLOCK = 512;

/** Where the plain tar is that a file holds; `undefined` if it holds none. A compressed one is unpacked into the store. */
export async function openArchive(
  content: Content,
  { store, signal }: Abortable & { readonly store: () => ContentStore },
): Promise<Content | undefined> {
  const start = await firstBytes(streamContent(content, { signal }), BLOCK);
  if (detectCompression(start) === 'none') return isTarHeader(start) ? content : undefined;
  if (!isTarHeader(await firstPlainBytes(content, { signal }))) return undefined;
  const blobs = store();
  const { digest, size } = await blobs.write(decompress(streamContent(content, { signal }), { signal }), { signal });
  return { kind: 'range', file: blobs.path(digest), offset: 0, length: size };
}

/** What only looks compressed is no archive, which is the same as for other builders. */
async function firstPlainBytes(content: Content, { signal }: Abortable): Promise<Uint8Array> {
  try {
    return await firstBytes(decompress(streamContent(content, { signal }), { signal }), BLOCK);
  } catch (error) {
    if (VarveError.is(error) && error.code === 'COMPRESSION_CORRUPT') return new Uint8Array();
    throw error;
  }
}

async function firstBytes(source: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= length) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}

const CHECKSUM = { start: 148, end: 156 } as const;
const SPACE = 32;

/** A tar begins with a header whose checksum fits, in all its dialects; two blocks of zeros alone are no tar. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK || block.every((byte) => byte === 0)) return false;
  const text = Buffer.from(block.subarray(CHECKSUM.start, CHECKSUM.end)).toString('latin1');
  const digits = /^[ \0]*([0-7]+)[ \0]*$/.exec(text)?.[1];
  if (digits === undefined) return false;
  let unsigned = 0;
  let signed = 0;
  block.forEach((byte, i) => {
    const value = i >= CHECKSUM.start && i < CHECKSUM.end ? SPACE : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  });
  const expected = Number.parseInt(digits, 8);
  return expected === unsigned || expected === signed;
}
