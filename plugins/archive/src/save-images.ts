import type { Abortable } from '@varve/core/image';
import { type BlobStores, gatherImages, type NamedImage } from './gather-images.ts';
import { blobFolders, blobPath, dockerManifestFile, indexEntries, indexFile, LAYOUT_FILE } from './layout-files.ts';
import { type ArchiveMember, writeArchive } from './tar-writer.ts';

export interface SaveOptions extends Abortable {
  /** Leave manifest.json out: an OCI archive and nothing else. */
  readonly ociOnly?: boolean;
}

/**
 * One tar that is an OCI layout and a docker-archive at once, as docker 25 and newer write it. Blobs that several images share are in it
 * once; equal images give equal bytes. What describes the images comes first, so that whoever reads from a pipe knows what follows.
 * @throws VarveError `IMAGE_INVALID`, `BLOB_UNKNOWN`, `BLOB_CORRUPT`
 */
export async function* saveImages(
  named: readonly NamedImage[],
  stores: BlobStores,
  { signal, ociOnly = false }: SaveOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { images, blobs } = await gatherImages(named, stores, { signal });
  const file = (path: string, body: Uint8Array): ArchiveMember => ({ path, size: body.length, body });
  yield* writeArchive([
    file('oci-layout', LAYOUT_FILE),
    file('index.json', indexFile(indexEntries(images))),
    ...(ociOnly ? [] : [file('manifest.json', dockerManifestFile(images))]),
    { path: 'blobs/', size: 0 },
    ...blobFolders(blobs).map((path): ArchiveMember => ({ path: `${path}/`, size: 0 })),
    ...blobs.map(({ digest, size, read }): ArchiveMember => ({ path: blobPath(digest), size, body: lazily(read) })),
  ]);
}

/** Opens a blob when its turn has come. */
async function* lazily(read: () => AsyncIterable<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  const body = read();
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}
