import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { type ImageStore, type LayerStore, messageOf, VarveError } from '@varve/core';
import { detectCompression } from '@varve/core/archive';
import { type Abortable, type Digest, hostPlatform, type Platform } from '@varve/core/image';
import { directoryMembers } from './directory-members.ts';
import { listImages } from './list-images.ts';
import type { Members } from './members.ts';
import { isErrno } from './output.ts';
import { readMembers } from './stream-members.ts';

export interface ImageStores {
  readonly layers: LayerStore;
  readonly images: ImageStore;
}

export interface LoadOptions extends Abortable {
  /** Take only the image for this one where an archive has several. Default: all. */
  readonly platform?: Platform | undefined;
}

export interface LoadedImage {
  /** Full names that it got; empty: it is known by its ID alone. */
  readonly names: readonly string[];
  readonly id: Digest;
}

/**
 * Takes the images of an archive into the store: a docker-archive of any age since 1.10, an OCI archive, or both at once, compressed or
 * not, from a stream in one pass, a file, or an OCI layout directory. Everything is verified; an image becomes visible when it is whole.
 * @throws VarveError `ARCHIVE_INVALID`, `ARCHIVE_LIMIT`, `IMAGE_INVALID`, `IMAGE_PLATFORM`, `BLOB_MISMATCH`, `TAR_…`, `COMPRESSION_…`
 */
export async function loadArchive(
  source: string | AsyncIterable<Uint8Array>,
  { layers, images }: ImageStores,
  { platform, signal }: LoadOptions = {},
): Promise<readonly LoadedImage[]> {
  const members =
    typeof source === 'string'
      ? await openArchive(source, { layers, signal })
      : await readMembers(source, { name: 'the archive', layers, signal });
  const loaded: LoadedImage[] = [];
  for (const archived of await listImages(members, { platform: platform ?? hostPlatform(), isGuess: platform === undefined })) {
    const options = { names: archived.names, signal };
    const index = platform === undefined ? await archived.openIndex?.() : undefined;
    const { id } = index === undefined ? await images.put(await archived.open(), options) : await images.putIndex(index, options);
    loaded.push({ names: archived.names, id });
  }
  return loaded;
}

export interface OpenOptions extends Abortable {
  readonly layers: LayerStore;
  /** Take in no layer before somebody reads it, where the archive is a plain tar. */
  readonly lazy?: boolean;
}

/** The members of a file or a directory. @throws VarveError `ARCHIVE_UNREADABLE`, `TAR_…` */
export async function openArchive(path: string, { layers, lazy = false, signal }: OpenOptions): Promise<Members> {
  try {
    if ((await stat(path)).isDirectory()) return directoryMembers(path, layers);
    const file = lazy && (await isPlain(path)) ? path : undefined;
    return await readMembers(createReadStream(path, { highWaterMark: 1 << 18 }), { name: path, layers, file, signal });
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw new VarveError('ARCHIVE_UNREADABLE', `Cannot read the archive ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function isPlain(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return detectCompression(buffer.subarray(0, bytesRead)) === 'none';
  } finally {
    await file.close();
  }
}
