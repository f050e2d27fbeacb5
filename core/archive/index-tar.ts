import type { LayerIndex } from './entry.ts';
import { layerEntry } from './layer-entry.ts';
import { isNormal, normaliseIndex } from './normalise-index.ts';
import { IndexPacker, type PackedIndex, packIndex } from './packed-index.ts';
import type { TarLimits } from './tar-header.ts';
import { type TarEvents, TarParser } from './tar-parser.ts';

/** Passes every byte of a layer's tar on, unchanged, and knows its index afterwards. */
export interface TarIndexer extends AsyncIterable<Uint8Array> {
  /** Normalised, with offsets. Only after all bytes have passed. @throws VarveError `LAYER_LINK` */
  readonly index: LayerIndex;
  /** Bytes that have passed. */
  readonly size: number;
}

/**
 * Indexes a layer's plain tar while somebody else hashes or writes it: iterate to the end, then ask for `index`.
 *
 * @throws VarveError while iterating: `TAR_INVALID`, `TAR_TRUNCATED`, `TAR_SPARSE`, `TAR_PATH`, `TAR_LIMIT`
 */
export function indexTar(source: AsyncIterable<Uint8Array>, limits: TarLimits = {}): TarIndexer {
  return new PassingIndexer(source, limits);
}

/** The index of a tar whose bytes come piece by piece. */
export class TarIndex {
  readonly #packer = new IndexPacker(); // in the order of the tar, as yet
  readonly #parser: TarParser;
  #found: PackedIndex | undefined;
  #index: PackedIndex | undefined;
  #size = 0;

  constructor(limits?: TarLimits) {
    const header: TarEvents['header'] = (found) => {
      const entry = layerEntry(found);
      if (entry !== undefined) this.#packer.add(entry);
    };
    this.#parser = new TarParser({ header }, limits);
  }

  push(bytes: Uint8Array): void {
    this.#parser.push(bytes);
    this.#size += bytes.length;
  }

  end(): void {
    this.#parser.end();
    this.#found = this.#packer.finish();
  }

  get index(): PackedIndex {
    if (this.#found === undefined) throw new Error('The index of a tar is asked for before the tar has passed');
    this.#index ??= isNormal(this.#found) ? this.#found : packIndex(normaliseIndex([...this.#found]));
    return this.#index;
  }

  get size(): number {
    return this.#size;
  }
}

class PassingIndexer implements TarIndexer {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #tar: TarIndex;

  constructor(source: AsyncIterable<Uint8Array>, limits: TarLimits) {
    this.#source = source;
    this.#tar = new TarIndex(limits);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#source) {
      this.#tar.push(chunk);
      yield chunk;
    }
    this.#tar.end();
  }

  get index(): LayerIndex {
    return this.#tar.index;
  }

  get size(): number {
    return this.#tar.size;
  }
}
