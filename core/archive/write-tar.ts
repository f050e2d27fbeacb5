import { VarveError } from '../src/errors.ts';
import { allocChunk } from './chunks.ts';
import { contentLength } from './content.ts';
import { encodeMember } from './encode-member.ts';
import type { Content, FileEntry, LayerIndex } from './entry.ts';
import { RangeReader, readFully } from './range-reader.ts';
import { END_OF_TAR } from './tar-layout.ts';
import { targetAttributes } from './target-attributes.ts';
import { BLOCK } from './ustar.ts';

/** Large, so that many small files cross the consumer's hands together; a consumer may keep chunks, so each is a buffer of its own. */
const CHUNK = 512 * 1024;

/**
 * The canonical tar of a layer: equal indexes and contents give equal bytes. ustar headers, PAX records only where ustar cannot say it,
 * two zero blocks at the end. The index must be normal (`normaliseIndex`). Chunks are large and the consumer may keep them, or give them up (`releaseChunk`).
 *
 * @throws VarveError `LAYER_WHITEOUT_NAME` for a file whose name would be read as a whiteout, `SOURCE_CHANGED` if a content is not what it was
 */
export async function* writeTar(
  index: LayerIndex,
  content: (file: FileEntry) => Content,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted();
  for (const chunk of new TarChunks(index, content)) {
    yield chunk;
    signal?.throwIfAborted();
  }
}

class TarChunks implements Iterable<Uint8Array> {
  readonly #index: LayerIndex;
  readonly #content: (file: FileEntry) => Content;
  #chunk = allocChunk(CHUNK);
  #used = 0;

  constructor(index: LayerIndex, content: (file: FileEntry) => Content) {
    this.#index = index;
    this.#content = content;
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    using reader = new RangeReader();
    const attributesOf = targetAttributes(this.#index);
    for (const entry of this.#index) {
      yield* this.#bytes(encodeMember(entry, attributesOf(entry)));
      if (entry.type === 'file' && entry.size > 0) yield* this.#file(entry, reader);
    }
    yield* this.#zeros(END_OF_TAR);
    if (this.#used > 0) yield this.#chunk.subarray(0, this.#used);
  }

  *#file(entry: FileEntry, reader: RangeReader): Generator<Uint8Array, void, undefined> {
    const content = this.#content(entry);
    if (contentLength(content) !== entry.size) throw otherSize(entry, content);
    if (content.kind === 'bytes') yield* this.#bytes(content.bytes);
    else if (entry.size <= this.#room) {
      reader.read(content, this.#chunk.subarray(this.#used, this.#used + entry.size));
      this.#used += entry.size;
    } else yield* this.#range(content, reader);
    yield* this.#zeros((BLOCK - (entry.size % BLOCK)) % BLOCK);
  }

  get #room(): number {
    return CHUNK - this.#used;
  }

  *#range(content: Extract<Content, { kind: 'range' }>, reader: RangeReader): Generator<Uint8Array, void, undefined> {
    for (let skip = 0; skip < content.length; ) {
      if (this.#room === 0) yield this.#flush();
      const length = Math.min(this.#room, content.length - skip);
      const place = { into: this.#chunk, at: this.#used, skip, length };
      reader.with(content, (fd) => readFully(fd, content, place));
      this.#used += length;
      skip += length;
    }
  }

  *#bytes(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let done = 0; done < bytes.length; ) {
      if (this.#room === 0) yield this.#flush();
      const length = Math.min(this.#room, bytes.length - done);
      this.#chunk.set(bytes.subarray(done, done + length), this.#used);
      this.#used += length;
      done += length;
    }
  }

  *#zeros(count: number): Generator<Uint8Array, void, undefined> {
    for (let rest = count; rest > 0; ) {
      if (this.#room === 0) yield this.#flush();
      const length = Math.min(this.#room, rest);
      this.#chunk.fill(0, this.#used, this.#used + length);
      this.#used += length;
      rest -= length;
    }
  }

  #flush(): Uint8Array {
    const full = this.#chunk.subarray(0, this.#used);
    this.#chunk = allocChunk(CHUNK);
    this.#used = 0;
    return full;
  }
}

const otherSize = (entry: FileEntry, content: Content): VarveError =>
  new VarveError('SOURCE_CHANGED', `"${entry.path}" has ${contentLength(content)} bytes, expected ${entry.size}`);
