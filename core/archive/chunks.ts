interface Memory {
  /** Whether it is used again when nobody holds it any more. */
  readonly isReused: boolean;
  holders: number;
}

/** Memory of chunks that may be given up. */
const made = new WeakMap<ArrayBufferLike, Memory>();
/** What waits to be used again, by its bytes; `kept` is all of them. */
const own = { free: new Map<number, ArrayBuffer[]>(), kept: 0, most: 8 << 20 };
/** Its size does not bring garbage collection about, so little of it is left to that. */
const shared = { free: new Map<number, SharedArrayBuffer[]>(), kept: 0, most: 32 << 20 };
/** What is used again is a multiple of this. */
const UNIT = 64 * 1024;

/**
 * Memory for a chunk of a stream that its last reader may give up (`releaseChunk`).
 * @param isShared other threads can read it where it is (`holdChunk`)
 */
export function allocChunk(length: number, isShared = false): Buffer {
  const isSmall = length < UNIT;
  const room = isSmall ? length : Math.ceil(length / UNIT) * UNIT;
  const pool = isShared ? shared : own;
  const memory = pool.free.get(room)?.pop();
  if (memory !== undefined) pool.kept -= room;
  const buffer = memory ?? (isShared ? new SharedArrayBuffer(room) : Buffer.allocUnsafeSlow(room).buffer);
  made.set(buffer, { isReused: !isSmall, holders: 1 });
  return Buffer.from(buffer, 0, length);
}

/** The same for memory that was made elsewhere, of which nobody else has a part: small pieces are parts of Node's pool. */
export function ownedChunk<T extends Uint8Array>(chunk: T): T {
  const { byteLength } = chunk.buffer;
  if (byteLength > Buffer.poolSize || byteLength === chunk.length) made.set(chunk.buffer, { isReused: false, holders: 1 });
  return chunk;
}

/** Another thread reads a chunk, too: it has to be given up once more. `false`: it is not shared. */
export function holdChunk({ buffer }: Uint8Array): boolean {
  const memory = buffer instanceof SharedArrayBuffer ? made.get(buffer) : undefined;
  if (memory !== undefined) memory.holders++;
  return memory !== undefined;
}

/**
 * Takes the memory of a chunk of `allocChunk` back, for another chunk; does nothing to others. Only for whoever knows that nobody else has it.
 * Garbage collection comes late for memory outside of its heap, and comes again for each 64 MB of it, however short they lived: it took a
 * tenth of the time that a gibibyte takes, and twice the memory.
 */
export function releaseChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  const memory = made.get(buffer);
  if (memory === undefined || --memory.holders > 0) return;
  made.delete(buffer);
  if (buffer instanceof SharedArrayBuffer) {
    if (memory.isReused) keep(shared, buffer);
  } else if (!memory.isReused || !keep(own, buffer)) buffer.transfer(0);
}

function keep<B extends ArrayBufferLike>(
  pool: { readonly free: Map<number, B[]>; kept: number; readonly most: number },
  buffer: B,
): boolean {
  const { byteLength } = buffer;
  if (pool.kept + byteLength > pool.most) return false;
  pool.kept += byteLength;
  const others = pool.free.get(byteLength);
  if (others === undefined) pool.free.set(byteLength, [buffer]);
  else others.push(buffer);
  return true;
}

/** Passes chunks on to a reader that is done with each when it asks for the next, and nobody else's. */
export async function* releasing(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    yield chunk;
    releaseChunk(chunk);
  }
}
