import { createHash } from 'node:crypto';
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContentStore, VarveError } from '@varve/core';
import { digestFromHex, hexOf } from '@varve/core/image';

/** Blobs in a directory: as much of a content store as a copy needs. */
export function blobStore(dir: string): ContentStore {
  const path: ContentStore['path'] = (digest) => join(dir, hexOf(digest));
  return {
    path,
    size: async (digest) => statSync(path(digest), { throwIfNoEntry: false })?.size,
    async write(source, expected) {
      const chunks: Uint8Array[] = [];
      if (source instanceof Uint8Array) chunks.push(source);
      else for await (const chunk of source) chunks.push(Buffer.from(chunk));
      const bytes = Buffer.concat(chunks);
      const digest = digestFromHex(createHash('sha256').update(bytes).digest('hex'));
      if (expected?.digest !== undefined && expected.digest !== digest) throw new VarveError('BLOB_MISMATCH', digest);
      writeFileSync(join(dir, 'new'), bytes);
      renameSync(join(dir, 'new'), path(digest));
      return { digest, size: bytes.length };
    },
  } as ContentStore;
}
