import { VarveError } from '@varve/core';
import { algorithmOf, type Descriptor, digestOf, MEDIA_TYPES } from '@varve/core/image';
import { blobPath } from './layout-files.ts';
import type { Members } from './members.ts';

/** A small blob of an OCI layout. @throws VarveError `ARCHIVE_INVALID`, `BLOB_MISMATCH` */
export async function readBlob({ digest, size }: Descriptor, members: Members): Promise<Uint8Array> {
  const bytes = await members.text(blobPath(digest));
  if (bytes === undefined) throw new VarveError('ARCHIVE_INVALID', `${members.name} lacks the blob ${digest}`);
  if (bytes.length !== size) throw new VarveError('BLOB_MISMATCH', `Expected ${size} bytes of ${digest}, found ${bytes.length}`);
  const found = digestOf(bytes, algorithmOf(digest));
  if (found !== digest) throw new VarveError('BLOB_MISMATCH', `Expected ${digest} in ${blobPath(digest)}, found ${found}`);
  return bytes;
}

/** Charts, signatures and other artifacts have configurations of other types. */
export const isImageConfig = ({ mediaType }: Descriptor): boolean =>
  mediaType === MEDIA_TYPES.config || mediaType === MEDIA_TYPES.dockerConfig;
