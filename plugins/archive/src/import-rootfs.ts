import { type ImageRecord, VarveError } from '@varve/core';
import { decompress } from '@varve/core/archive';
import { type Abortable, applyChanges, hostPlatform, MEDIA_TYPES, makeImage, type Platform } from '@varve/core/image';
import type { ImageStores } from './load-archive.ts';

export interface ImportOptions extends Abortable {
  /** Full names for the image. */
  readonly names?: readonly string[] | undefined;
  /** Dockerfile instructions that are applied to its configuration. */
  readonly changes?: readonly string[] | undefined;
  /** The comment of its history; docker's own without it. */
  readonly message?: string | undefined;
  /** Default: this host's. */
  readonly platform?: Platform | undefined;
  /** Default: now. */
  readonly created?: Date | undefined;
}

/**
 * Makes an image of one layer from the tar of a root filesystem, compressed or not. The tar is kept byte for byte, uncompressed, so that
 * files can be read from it where they lie.
 * @throws VarveError `CHANGE_INVALID`, `ARCHIVE_INVALID` for no bytes at all, `TAR_…`, `COMPRESSION_…`
 */
export async function importRootfs(
  source: AsyncIterable<Uint8Array>,
  { layers, images }: ImageStores,
  { names, changes = [], message = 'Imported from -', platform = hostPlatform(), created = new Date(), signal }: ImportOptions = {},
): Promise<ImageRecord> {
  const config = applyChanges({}, changes); // before the store is touched
  const layer = await layers.ingest(decompress(refuseEmpty(source), { signal }), { mediaType: MEDIA_TYPES.layer, signal });
  const time = created.toISOString();
  const image = makeImage({
    config: { ...platform, created: time, config, history: [{ created: time, comment: message }] },
    layers: [layer],
  });
  return await images.put(image, { names, signal });
}

async function* refuseEmpty(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let isEmpty = true;
  for await (const chunk of source) {
    isEmpty &&= chunk.length === 0;
    yield chunk;
  }
  if (isEmpty) throw new VarveError('ARCHIVE_INVALID', 'Expected the tar of a root filesystem, found no bytes at all');
}
