import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzip } from '@varve/core/archive';
import { type Abortable, type Descriptor, digestFromHex, type Layer, MEDIA_TYPES } from '@varve/core/image';

/** A compressed layer on disk, for as long as it is not disposed. */
export interface CompressedLayer extends AsyncDisposable {
  readonly descriptor: Descriptor;
  read(from?: number): AsyncIterable<Uint8Array>;
}

/** Compresses a layer, on several cores; equal layers give equal bytes. */
export async function gzipLayer(layer: Layer, { dir, signal }: Abortable & { readonly dir: string }): Promise<CompressedLayer> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, `push-${randomBytes(8).toString('hex')}`);
  const dispose = () => rm(file, { force: true });
  try {
    const sha = createHash('sha256');
    let size = 0;
    async function* hashed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of source) {
        size += chunk.length;
        sha.update(chunk);
        yield chunk;
      }
    }
    const compressed = hashed(gzip(layer.tar({ signal }), { signal }));
    await pipeline(compressed, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
    const descriptor = { mediaType: MEDIA_TYPES.layerGzip, digest: digestFromHex(sha.digest('hex')), size };
    return { descriptor, read: (start = 0) => createReadStream(file, { start, highWaterMark: 1 << 18 }), [Symbol.asyncDispose]: dispose };
  } catch (failure) {
    await dispose();
    throw failure;
  }
}
