import { VarveError } from '@varve/core';
import type { Platform } from '@varve/core/image';
import type { ArchivedImage } from './archived-image.ts';
import { dockerImages } from './docker-images.ts';
import type { Members } from './members.ts';
import { ociImages } from './oci-images.ts';

export interface ListOptions {
  /** Chosen where an index has images for several. */
  readonly platform: Platform;
  /** Nobody asked for that platform: where there is one image only, it will do. */
  readonly isGuess?: boolean | undefined;
  /** Media type of a configuration that is taken beside those of images. */
  readonly artifact?: string | undefined;
}

/**
 * The images of an archive: of its index.json where it is an OCI layout, else of docker's manifest.json. No layer is read.
 * @throws VarveError `ARCHIVE_INVALID`, `IMAGE_INVALID`
 */
export async function listImages(members: Members, options: ListOptions): Promise<readonly ArchivedImage[]> {
  const images = (await ociImages(members, options)) ?? (await dockerImages(members));
  if (images === undefined) throw new VarveError('ARCHIVE_INVALID', ...(await explainMissing(members)));
  if (images.length === 0) throw new VarveError('ARCHIVE_INVALID', `${members.name} holds no image`);
  return images;
}

async function explainMissing(members: Members): Promise<[string, { readonly hint?: string }]> {
  if (await members.has('repositories'))
    return [
      `${members.name} has no manifest.json: it was written by docker before 1.10`,
      { hint: 'Load it with docker and save it again.' },
    ];
  return [
    `Expected an image archive, found neither index.json nor manifest.json in ${members.name}`,
    { hint: 'The tar of a root filesystem becomes an image with `varve import`.' },
  ];
}
