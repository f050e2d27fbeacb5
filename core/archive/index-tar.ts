import type { LayerIndex } from './entry.ts';
import type { TarLimits } from './tar-header.ts';

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
  throw new Error(`Not written yet ${source} ${limits}`);
}
