import { type Descriptor, type Digest, type ImageIndex, type IndexArtifact, parseManifest } from '@varve/core/image';
import type { Repository } from '../http/requester.ts';
import { pushImage } from './push-image.ts';
import type { PushOptions } from './push-layer.ts';
import { putManifest } from './put-manifest.ts';
import { uploadBlob } from './upload-blob.ts';

/**
 * Brings an index into a repository: its images, what goes with them, and the index itself last, so that the tag never means a part of it.
 * Where nothing had to be compressed the index keeps its bytes; else it names the new manifests, and what was attested of the old ones is
 * left out.
 * @param tag or the digest that the index must have; without it the index is found by its digest alone
 * @throws VarveError `BLOB_UNKNOWN`, `BLOB_MISMATCH`, `REGISTRY_…`
 */
export async function pushIndex(
  index: ImageIndex,
  repository: Repository,
  { tag, ...options }: PushOptions & { readonly tag: string | undefined },
): Promise<Descriptor> {
  const { signal } = options;
  const moved = new Map<Digest, Descriptor>();
  for (const entry of index.entries) {
    const { digest } = await entry.descriptor({ signal });
    if (entry.kind === 'artifact' || moved.has(digest)) continue;
    const byDigest = { ...options, tag: undefined };
    if (entry.kind === 'index') moved.set(digest, await pushIndex(entry.index, repository, byDigest));
    else moved.set(digest, await pushImage(await entry.image({ signal }), repository, byDigest));
  }
  const { bytes, descriptor } = await index.movedTo(moved, { signal });
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const named = new Set(manifest.kind === 'index' ? manifest.manifests.map(({ digest }) => digest) : []);
  for (const entry of index.entries)
    if (entry.kind === 'artifact' && named.has((await entry.descriptor({ signal })).digest)) await pushArtifact(entry, repository, options);
  return await putManifest(descriptor, bytes, { repository, tag: tag ?? descriptor.digest, ...options });
}

async function pushArtifact(artifact: IndexArtifact, repository: Repository, options: PushOptions): Promise<void> {
  const { client, signal } = options;
  for (const { descriptor, read } of await artifact.blobs({ signal }))
    await uploadBlob(client, repository, { ...descriptor, read: (from) => skipping(read({ signal }), from), signal });
  const descriptor = await artifact.descriptor({ signal });
  await putManifest(descriptor, await artifact.manifestBytes({ signal }), { repository, tag: descriptor.digest, ...options });
}

async function* skipping(source: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array, void, undefined> {
  let skip = count;
  for await (const chunk of source) {
    const bytes = chunk.subarray(skip);
    skip -= chunk.length - bytes.length;
    if (bytes.length > 0) yield bytes;
  }
}
