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

class PassingIndexer implements TarIndexer {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #limits: TarLimits;
  #found: PackedIndex | undefined;
  #index: LayerIndex | undefined;
  #size = 0;

  constructor(source: AsyncIterable<Uint8Array>, limits: TarLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const packer = new IndexPacker(); // in the order of the tar, as yet
    const header: TarEvents['header'] = (found) => {
      const entry = layerEntry(found);
      if (entry !== undefined) packer.add(entry);
    };
    const parser = new TarParser({ header }, this.#limits);
    for await (const chunk of this.#source) {
      parser.push(chunk);
      this.#size += chunk.length;
      yield chunk;
    }
    parser.end();
    this.#found = packer.finish();
  }

  get index(): LayerIndex {
    if (this.#found === undefined) throw new Error('The index of a tar is asked for before the tar has passed');
    this.#index ??= isNormal(this.#found) ? this.#found : packIndex(normaliseIndex([...this.#found]));
    return this.#index;
  }

  get size(): number {
    return this.#size;
  }
}
