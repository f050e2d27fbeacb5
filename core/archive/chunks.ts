/** Memory of chunks that may be given up, and whether it is used again then. */
const made = new WeakMap<ArrayBufferLike, boolean>();
/** By their bytes. */
const free = new Map<number, ArrayBuffer[]>();
let kept = 0;
/** Bytes that wait to be used again, at most. */
const MOST = 8 * 1024 * 1024;
/** What is used again is a multiple of this. */
const UNIT = 64 * 1024;

/** Memory for a chunk of a stream that its last reader may give up (`releaseChunk`). */
export function allocChunk(length: number): Buffer {
  const isSmall = length < UNIT;
  const room = isSmall ? length : Math.ceil(length / UNIT) * UNIT;
  const memory = free.get(room)?.pop();
  if (memory !== undefined) kept -= room;
  const chunk = memory === undefined ? Buffer.allocUnsafeSlow(room).subarray(0, length) : Buffer.from(memory, 0, length);
  made.set(chunk.buffer, !isSmall);
  return chunk;
}

/** The same for memory that was made elsewhere, of which nobody else has a part: small pieces are parts of Node's pool. */
export function ownedChunk<T extends Uint8Array>(chunk: T): T {
  const { byteLength } = chunk.buffer;
  if (byteLength > Buffer.poolSize || byteLength === chunk.length) made.set(chunk.buffer, false);
  return chunk;
}

/**
 * Takes the memory of a chunk of `allocChunk` back, for another chunk; does nothing to others. Only for whoever knows that nobody else has it.
 * Garbage collection comes late for memory outside of its heap, and comes again for each 64 MB of it, however short they lived: it took a
 * tenth of the time that a gibibyte takes, and twice the memory.
 */
export function releaseChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  const isReused = made.get(buffer);
  if (!(buffer instanceof ArrayBuffer) || isReused === undefined) return;
  made.delete(buffer);
  const { byteLength } = buffer;
  if (!isReused || kept + byteLength > MOST) return void buffer.transfer(0);
  const others = free.get(byteLength);
  if (others === undefined) free.set(byteLength, [buffer]);
  else others.push(buffer);
  kept += byteLength;
}

/** Passes chunks on to a reader that is done with each when it asks for the next, and nobody else's. */
export async function* releasing(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    yield chunk;
    releaseChunk(chunk);
  }
}
