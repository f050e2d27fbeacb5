import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Content, decompress, type FileEntry, indexTar, type LayerIndex } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';

/** Files of an archive that came as a stream, compressed or not; disposal takes them away. */
export class TarFiles implements AsyncDisposable {
  readonly index: LayerIndex;
  readonly #dir: string;

  private constructor(dir: string, index: LayerIndex) {
    this.#dir = dir;
    this.index = index;
  }

  static async read(source: AsyncIterable<Uint8Array>, { tmp, signal }: Abortable & { readonly tmp: string }): Promise<TarFiles> {
    const dir = await mkdtemp(join(tmp, 'copy-'));
    try {
      const tar = indexTar(decompress(source, { signal }));
      await pipeline(Readable.from(tar), createWriteStream(join(dir, 'tar'), { mode: 0o600 }));
      // An archive is no layer: what looks like a whiteout in it deletes nothing
      return new TarFiles(
        dir,
        [...tar.index].filter(({ type }) => type !== 'whiteout' && type !== 'opaque'),
      );
    } catch (failure) {
      await rm(dir, { recursive: true, force: true });
      throw failure;
    }
  }

  content({ offset = 0, size }: FileEntry): Content {
    return { kind: 'range', file: join(this.#dir, 'tar'), offset, length: size };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}
