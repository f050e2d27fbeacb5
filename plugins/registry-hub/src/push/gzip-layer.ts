import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzip, releasing } from '@varve/core/archive';
import { type Abortable, type Descriptor, digestFromHex, type Layer, MEDIA_TYPES } from '@varve/core/image';
import { readFrom } from '../files/read-from.ts';

/** A compressed layer on disk, for as long as it is not disposed. */
export interface CompressedLayer extends AsyncDisposable {
  readonly descriptor: Descriptor;
  read(from?: number): AsyncIterable<Uint8Array>;
}

/** Compresses a layer, on several cores; equal layers give equal bytes. Its file has no name: of a process that is killed nothing stays. */
export async function gzipLayer(layer: Layer, { dir, signal }: Abortable & { readonly dir: string }): Promise<CompressedLayer> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, `push-${randomBytes(8).toString('hex')}`);
  const handle = await open(file, 'wx+', 0o600);
  try {
    await rm(file);
    const sha = createHash('sha256');
    let size = 0;
    async function* hashed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of source) {
        size += chunk.length;
        sha.update(chunk);
        yield chunk;
      }
    }
    const compressed = hashed(gzip(releasing(layer.tar({ signal })), { signal }));
    await handle.writeFile(releasing(compressed), { signal });
    const descriptor = { mediaType: MEDIA_TYPES.layerGzip, digest: digestFromHex(sha.digest('hex')), size };
    return { descriptor, read: (from = 0) => readFrom(handle, from), [Symbol.asyncDispose]: () => handle.close() };
  } catch (failure) {
    await handle.close();
    signal?.throwIfAborted(); // Node has a reason of its own
    throw failure;
  }
}
