import { VarveError } from '@varve/core';
import { algorithmOf, digestOf } from '@varve/core/image';
import type { Repository, Requester } from '../http/requester.ts';
import { type BlobRequest, BlobSource } from './blob-source.ts';

/**
 * A blob from a place on; whoever reads compares the digest.
 * @throws VarveError `BLOB_UNKNOWN`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export const fetchBlob = (
  client: Requester,
  repository: Repository,
  { offset = 0, ...request }: BlobRequest & { readonly offset?: number | undefined },
): AsyncGenerator<Uint8Array, void, undefined> => new BlobSource(client, repository, request).from(offset);

/** All of a small blob, verified. @throws VarveError `BLOB_MISMATCH`, `REGISTRY_…` */
export async function fetchSmallBlob(
  client: Requester,
  repository: Repository,
  { limit, ...request }: Omit<BlobRequest, 'onProgress'> & { readonly limit: number },
): Promise<Uint8Array> {
  const { digest, size } = request;
  if (size > limit) throw new VarveError('IMAGE_INVALID', `Expected at most ${limit} bytes in ${digest}, its manifest says ${size}`);
  const source = new BlobSource(client, repository, request);
  for (;;) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.from(0)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const found = digestOf(bytes, algorithmOf(digest));
    if (found === digest) return bytes;
    if (!source.distrust()) throw new VarveError('BLOB_MISMATCH', `Expected the blob ${digest}, found ${found}`);
  }
}
