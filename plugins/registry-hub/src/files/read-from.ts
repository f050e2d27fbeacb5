import type { FileHandle } from 'node:fs/promises';
import { allocChunk } from '@varve/core/archive';

const CHUNK = 256 * 1024;

/** A file's bytes from a place on, in chunks that their reader may give up. */
export async function* readFrom(file: FileHandle, from: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = from; ; ) {
    const { buffer, bytesRead } = await file.read(allocChunk(CHUNK), 0, CHUNK, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
