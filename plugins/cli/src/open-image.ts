import { type Host, IMAGES, type ImageRecord } from '@varve/core';
import { findImage, textOf, type Values } from '@varve/core/command';
import { choosePlatform, type Image, parsePlatform } from '@varve/core/image';

export interface OpenedImage {
  readonly record: ImageRecord;
  readonly image: Image;
}

/**
 * An image of this host; of an index the one that `--platform` asks for, under the names of the index, or without it the one that stands
 * for the index on this host.
 * @throws VarveError `IMAGE_UNKNOWN`, `IMAGE_PLATFORM`, `PLATFORM_INVALID`
 */
export async function openImage(host: Host, text: string, values: Values): Promise<OpenedImage> {
  const images = host.get(IMAGES);
  const record = await findImage(host, text);
  const asked = textOf(values, 'platform');
  if (asked === undefined) return { record, image: await images.open(record) };
  const platform = parsePlatform(asked);
  const image = await images.open(record, { platform });
  if (record.platforms === undefined) {
    choosePlatform([{ platform: image.config }], platform); // refuses an image for another
    return { record, image };
  }
  const own = await images.find((await image.descriptor()).digest);
  return { record: own === undefined ? record : { ...own, names: record.names }, image };
}

export const PLATFORM_OPTION = {
  type: 'string',
  value: '<platform>',
  description: 'the image for this platform, of one for several',
} as const;
