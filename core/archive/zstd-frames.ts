import { VarveError } from '../src/errors.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const SIZE_OF_SIZE = [0, 2, 4, 8] as const;
const SIZE_OF_DICTIONARY = [0, 1, 2, 4] as const;

type Step =
  | { readonly kind: 'start' | 'skippable' | 'header' | 'block' }
  /** Bytes of a block, or a checksum, that nobody needs to look at. */
  | { readonly kind: 'body'; readonly left: number; readonly next: Step };

/**
 * The frames of a zstd stream (RFC 8878, 3.1) so that no chunk reaches into the next frame, without skippable ones: Node's decoder takes
 * anything behind a frame's end in the same chunk for rubbish. pzstd and zstd:chunked write many frames.
 *
 * @throws VarveError `COMPRESSION_CORRUPT`
 */
export async function* splitZstdFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const splitter = new FrameSplitter();
  for await (const chunk of source) yield* splitter.split(chunk);
  yield* splitter.rest();
}

class FrameSplitter {
  #step: Step = { kind: 'start' };
  /** Bytes of a header that is not complete yet. */
  #head: Buffer = Buffer.alloc(0);
  #isSkipped = false;
  #hasChecksum = false;

  *split(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let bytes = this.#head.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([this.#head, chunk]);
    this.#head = Buffer.alloc(0);
    let at = 0; // everything before belongs to the frame at hand
    for (;;) {
      const used = this.#advance(bytes, at);
      if (used === undefined) break;
      at += used;
      if (this.#step.kind !== 'start') continue;
      if (at > 0 && !this.#isSkipped) yield bytes.subarray(0, at);
      bytes = bytes.subarray(at);
      at = 0;
      this.#isSkipped = false;
    }
    if (at > 0 && !this.#isSkipped) yield bytes.subarray(0, at);
    this.#head = Buffer.from(bytes.subarray(at));
  }

  /** What is left when the stream ends in a header: the decoder says what is wrong. */
  *rest(): Generator<Uint8Array, void, undefined> {
    if (this.#head.length > 0) yield this.#head;
  }

  /** Takes one step; returns the bytes that it took, `undefined` if it needs more. */
  #advance(bytes: Buffer, at: number): number | undefined {
    const available = bytes.length - at;
    const step = this.#step;
    switch (step.kind) {
      case 'start':
        return available < 4 ? undefined : this.#start(bytes.readUInt32LE(at));
      case 'skippable':
        return available < 4 ? undefined : this.#skip(bytes.readUInt32LE(at));
      case 'header':
        return available < 1 ? undefined : this.#header(bytes[at] ?? 0, available);
      case 'block':
        return available < 3 ? undefined : this.#block(bytes.readUIntLE(at, 3));
      case 'body':
        return available === 0 && step.left > 0 ? undefined : this.#body(step, available);
      default:
        return step satisfies never;
    }
  }

  #start(magic: number): number {
    if (magic === MAGIC) this.#step = { kind: 'header' };
    else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.#isSkipped = true;
      this.#step = { kind: 'skippable' };
    } else throw new VarveError('COMPRESSION_CORRUPT', 'The zstd data cannot be unpacked: something else follows a frame');
    return 4;
  }

  #skip(size: number): number {
    this.#step = { kind: 'body', left: size, next: { kind: 'start' } };
    return 4;
  }

  #header(descriptor: number, available: number): number | undefined {
    const isSingle = (descriptor & 0x20) !== 0;
    const sizeField = SIZE_OF_SIZE[(descriptor >> 6) as 0 | 1 | 2 | 3] || (isSingle ? 1 : 0);
    const length = 1 + (isSingle ? 0 : 1) + (SIZE_OF_DICTIONARY[(descriptor & 3) as 0 | 1 | 2 | 3] ?? 0) + sizeField;
    if (available < length) return undefined;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#step = { kind: 'block' };
    return length;
  }

  #block(header: number): number {
    const isLast = (header & 1) !== 0;
    const isRepeated = ((header >> 1) & 3) === 1;
    const checksum: Step = { kind: 'body', left: this.#hasChecksum ? 4 : 0, next: { kind: 'start' } };
    this.#step = { kind: 'body', left: isRepeated ? 1 : header >> 3, next: isLast ? checksum : { kind: 'block' } };
    return 3;
  }

  #body({ left, next }: Extract<Step, { kind: 'body' }>, available: number): number {
    const used = Math.min(left, available);
    this.#step = used === left ? next : { kind: 'body', left: left - used, next };
    return used;
  }
}
