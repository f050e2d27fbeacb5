import { canGunzipNow } from './gunzip-now.ts';
import { freeLayerThread } from './hash-thread.ts';
import { PackedIndex } from './packed-index.ts';
import type { ReadLayer } from './read-layer.ts';
import { ThreadStream } from './thread-stream.ts';

/** Unpacks, hashes and indexes a layer beside the calling thread. */
export interface LayerReader extends Disposable {
  /** The bytes may change once it is done. @throws VarveError `COMPRESSION_CORRUPT`, `TAR_…` for bytes before these */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** @throws VarveError `COMPRESSION_CORRUPT`, `TAR_…`, `LAYER_LINK` */
  end(): Promise<ReadLayer>;
}

/** Below this a second thread saves less than it takes to start. */
const LONG = 8 * 1024 * 1024;

/**
 * For a layer in gzip. `undefined` where another thread would be of no use, or cannot be had.
 * @param length bytes, compressed
 */
export function openLayerReader(length: number, algorithm: 'sha256' | 'sha512' = 'sha256'): LayerReader | undefined {
  const thread = length < LONG || !canGunzipNow() ? undefined : freeLayerThread();
  if (thread === undefined) return undefined;
  const stream = new ThreadStream(thread, { algorithm, isLayer: true });
  return {
    update: (bytes) => stream.update(bytes),
    async end() {
      const { layer } = await stream.close();
      const { parts, ...read } = layer as NonNullable<typeof layer>; // of a layer there is one
      const { buffer, byteOffset, length } = parts.names;
      return { ...read, index: new PackedIndex({ ...parts, names: Buffer.from(buffer, byteOffset, length) }) }; // between threads a Buffer becomes an array
    },
    [Symbol.dispose]: () => stream[Symbol.dispose](),
  };
}
