import { createHash } from 'node:crypto';
import { GunzipNow } from './gunzip-now.ts';
import { TarIndex } from './index-tar.ts';
import type { PackedIndex } from './packed-index.ts';

/** What a layer says of itself when it was read to its end. */
export interface ReadLayer {
  /** Of its tar, in hexadecimal digits. */
  readonly hash: string;
  /** Bytes of its tar. */
  readonly size: number;
  readonly index: PackedIndex;
}

/** Unpacks, hashes and indexes a layer as its pieces come, all of it at once. */
export class LayerReading {
  readonly #gunzip = new GunzipNow();
  readonly #sum;
  readonly #tar = new TarIndex();

  constructor(algorithm: string) {
    this.#sum = createHash(algorithm);
  }

  /** @throws VarveError `COMPRESSION_CORRUPT`, `TAR_…` */
  push(bytes: Uint8Array): void {
    for (const piece of this.#gunzip.push(bytes)) this.#add(piece);
  }

  /** @throws VarveError `COMPRESSION_CORRUPT`, `TAR_…`, `LAYER_LINK` */
  end(): ReadLayer {
    try {
      for (const piece of this.#gunzip.end()) this.#add(piece);
    } finally {
      this.#gunzip.close();
    }
    this.#tar.end();
    return { hash: this.#sum.digest('hex'), size: this.#tar.size, index: this.#tar.index };
  }

  #add(piece: Uint8Array): void {
    this.#sum.update(piece);
    this.#tar.push(piece);
  }
}
