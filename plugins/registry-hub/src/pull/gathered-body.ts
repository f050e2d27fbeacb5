import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { allocChunk, ownedChunk, releaseChunk } from '@varve/core/archive';

/** Bytes of a chunk, at most and at least: there may come more than was said. */
const CHUNK = 256 * 1024;
const SHORTEST = 1024;
/** Whole chunks that wait for their reader. */
const AHEAD = 2;

export interface GatherOptions {
  /** About how many bytes there will be. */
  readonly size: number;
  /** Other threads can read the chunks where they are. */
  readonly isShared: boolean;
}

/**
 * The body of an answer in chunks that may be given up (`releaseChunk`): what comes while their reader is busy is one of them, since each
 * costs more than its bytes when a gigabyte comes in pieces of 16 to 64 KB. All that came is given out, also where the connection broke.
 */
export async function* gatheredBody(response: IncomingMessage, options: GatherOptions): AsyncGenerator<Buffer, void, undefined> {
  const body = new GatheredBody(response, options);
  try {
    for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) yield chunk;
  } finally {
    if (!response.readableEnded) response.destroy();
  }
}

class GatheredBody {
  readonly #response: IncomingMessage;
  readonly #socket: Socket;
  readonly #room: number;
  readonly #isShared: boolean;
  readonly #whole: Buffer[] = [];
  #part: Buffer | undefined;
  #filled = 0;
  /** What was taken: Node may look at it until it is done with what the socket gave. */
  #taken: Buffer[] = [];
  #end: { readonly cause?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(response: IncomingMessage, { size, isShared }: GatherOptions) {
    this.#response = response;
    this.#socket = response.socket;
    this.#room = Math.max(SHORTEST, Math.min(CHUNK, size));
    this.#isShared = isShared;
    response.on('data', (bytes: Buffer) => this.#take(bytes));
    response.on('end', () => this.#finish({}));
    response.on('error', (cause) => this.#finish({ cause }));
    response.on('close', () => this.#finish({ cause: response.errored ?? cutOff() }));
    this.#socket.on('data', this.#free);
    if (response.destroyed) this.#finish({ cause: response.errored ?? cutOff() });
  }

  /** `undefined`: that was all. */
  async next(): Promise<Buffer | undefined> {
    while (this.#whole.length === 0 && this.#filled === 0 && this.#end === undefined)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const chunk = this.#whole.shift() ?? this.#takePart();
    if (this.#end === undefined && this.#response.isPaused()) this.#response.resume();
    if (chunk === undefined && this.#end?.cause !== undefined) throw this.#end.cause;
    return chunk;
  }

  #take(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      this.#part ??= allocChunk(this.#room, this.#isShared);
      const piece = rest.subarray(0, this.#room - this.#filled);
      this.#part.set(piece, this.#filled);
      this.#filled += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#filled === this.#room) this.#whole.push(this.#takePart() as Buffer); // it is full
    }
    this.#taken.push(bytes);
    if (this.#whole.length >= AHEAD) this.#response.pause();
    if (this.#wake !== undefined) setImmediate(this.#wakeUp); // when all that is here now was taken
  }

  #takePart(): Buffer | undefined {
    const part = this.#part?.subarray(0, this.#filled);
    this.#part = undefined;
    this.#filled = 0;
    return part;
  }

  readonly #wakeUp = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };

  #finish(end: { readonly cause?: unknown }): void {
    if (this.#end !== undefined) return;
    for (let rest = this.#response.read(); rest !== null; rest = this.#response.read()) this.#take(rest as Buffer); // nobody had asked for it
    this.#end = end;
    this.#socket.off('data', this.#free);
    this.#wakeUp();
  }

  /**
   * HTTP is done with what the socket gave: it has been called before, and what it gave out are copies. Nobody else has either, and left to garbage
   * collection each 10 MB of them would have all of the heap looked through.
   */
  readonly #free = (fromSocket: Buffer): void => {
    for (const bytes of [fromSocket, ...this.#taken]) if (bytes.length === bytes.buffer.byteLength) releaseChunk(ownedChunk(bytes));
    this.#taken = [];
  };
}

const cutOff = (): Error => Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
