import { createHash } from 'node:crypto';
import { VarveError } from '@varve/core';
import { algorithmOf, digestFromHex } from '@varve/core/image';
import type { Repository, Requester } from '../http/requester.ts';
import { type BlobRequest, BlobSource } from '../pull/blob-source.ts';

/** A blob whose digest is compared as it passes, where it is read from the start. @throws VarveError `BLOB_UNKNOWN`, `BLOB_MISMATCH` */
export async function* verifiedBlob(
  client: Requester,
  repository: Repository,
  { offset = 0, ...request }: BlobRequest & { readonly offset?: number | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = new BlobSource(client, repository, request).from(offset);
  if (offset > 0) return yield* source;
  const sum = createHash(algorithmOf(request.digest));
  for await (const chunk of source) {
    sum.update(chunk);
    yield chunk;
  }
  const found = digestFromHex(sum.digest('hex'));
  if (found !== request.digest) throw new VarveError('BLOB_MISMATCH', `Expected the blob ${request.digest}, found ${found}`);
}
