import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LayerStore, VarveError } from '@varve/core';
import { lazyBlob } from './check-layer.ts';
import { layerCompression, SNIFF_BYTES } from './layer-blob.ts';
import { LinkTable } from './link-table.ts';
import { type Members, TEXT_LIMIT } from './members.ts';
import { isErrno } from './output.ts';

/** An OCI layout directory, or the folder that an archive was unpacked into. Nothing is read before it is asked for. */
export function directoryMembers(dir: string, layers: LayerStore): Members {
  const links = new LinkTable(); // of no links: it keeps paths inside
  const at = (path: string) => join(dir, links.resolve(path));
  return {
    name: dir,
    has: async (path) => (await sizeOf(at(path))) !== undefined,
    async text(path) {
      const size = await sizeOf(at(path));
      if (size === undefined) return undefined;
      if (size > TEXT_LIMIT)
        throw new VarveError('ARCHIVE_LIMIT', `Expected at most ${TEXT_LIMIT} bytes of JSON in ${path}, found ${size}`);
      return await readFile(at(path));
    },
    async layer(path, expected) {
      const size = await sizeOf(at(path));
      if (size === undefined) throw new VarveError('ARCHIVE_INVALID', `${dir} lacks the layer ${path}`);
      const compression = layerCompression(await head(at(path)));
      if (compression === undefined)
        throw new VarveError('ARCHIVE_INVALID', `Expected a layer in ${path}, found ${size} bytes that are no tar`);
      const read = () => createReadStream(at(path), { highWaterMark: 1 << 18 });
      return await lazyBlob({ path, size, compression, read }, { expected, layers });
    },
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch((failure: unknown) => {
    if (isErrno(failure, 'ENOENT') || isErrno(failure, 'ENOTDIR')) return undefined;
    throw failure;
  });
  return found?.isFile() === true ? found.size : undefined;
}

async function head(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
