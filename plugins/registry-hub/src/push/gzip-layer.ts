import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Abortable, type Descriptor, digestFromHex, type Layer, MEDIA_TYPES } from '@varve/core/image';

/** A compressed layer on disk, for as long as it is not disposed. */
export interface CompressedLayer extends AsyncDisposable {
  readonly descriptor: Descriptor;
  read(): AsyncIterable<Uint8Array>;
}

/** Byte of a gzip header that names the operating system; 255 is "unknown", and what Go's tools write (RFC 1952, 2.3). */
const OS_BYTE = 9;

/** Compresses a layer so that equal layers give equal bytes: no name, no time, one level. */
export async function gzipLayer(layer: Layer, { dir, signal }: Abortable & { readonly dir: string }): Promise<CompressedLayer> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, `push-${randomBytes(8).toString('hex')}`);
  const dispose = () => rm(file, { force: true });
  try {
    const sha = createHash('sha256');
    let size = 0;
    async function* hashed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
      for await (const chunk of source) {
        if (size <= OS_BYTE && size + chunk.length > OS_BYTE) chunk[OS_BYTE - size] = 255;
        size += chunk.length;
        sha.update(chunk);
        yield chunk;
      }
    }
    const gzip = createGzip({ level: 6, chunkSize: 1 << 18 });
    await pipeline(layer.tar({ signal }), gzip, hashed, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
    const descriptor = { mediaType: MEDIA_TYPES.layerGzip, digest: digestFromHex(sha.digest('hex')), size };
    return { descriptor, read: () => createReadStream(file, { highWaterMark: 1 << 18 }), [Symbol.asyncDispose]: dispose };
  } catch (failure) {
    await dispose();
    throw failure;
  }
}
