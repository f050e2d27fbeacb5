import { type ImageRecord, type ImageStore, VarveError } from '@varve/core';
import {
  choosePlatform,
  formatReference,
  type Image,
  type ImageReference,
  imageForHost,
  looksLikeId,
  type Platform,
  parseReference,
} from '@varve/core/image';
import type { NamedImage } from './gather-images.ts';

export interface FindOptions {
  readonly images: ImageStore;
  /** Take only this one's image of an index. */
  readonly platform?: Platform | undefined;
}

/**
 * What `save` is told to write: `name:tag` one image under that name; `name` all tags of the repository; an ID or a digest the image
 * without a name.
 * @throws VarveError `IMAGE_UNKNOWN`, `IMAGE_AMBIGUOUS`, `IMAGE_PLATFORM`
 */
export async function findImages(texts: readonly string[], { images, platform }: FindOptions): Promise<readonly NamedImage[]> {
  const found: NamedImage[] = [];
  for (const text of texts) {
    const tags = await taggedImages(text, images);
    for (const { record, names } of tags) found.push({ ...(await openWhole(record, { images, platform })), names });
  }
  return found;
}

/** An index whole, unless one platform of it was asked for; where it has no image for this host, the first stands for it. */
async function openWhole(record: ImageRecord, { images, platform }: FindOptions): Promise<Omit<NamedImage, 'names'>> {
  if (platform !== undefined) return { image: await onlyFor(platform, record, images) };
  const index = await images.openIndex(record);
  if (index === undefined) return { image: await images.open(record) };
  return { index, image: await imageForHost(index) };
}

async function onlyFor(platform: Platform, record: ImageRecord, images: ImageStore): Promise<Image> {
  const image = await images.open(record, { platform });
  if (record.platforms === undefined) choosePlatform([{ platform: image.config }], platform); // refuses an image for another
  return image;
}

interface Found {
  readonly record: ImageRecord;
  readonly names: readonly string[];
}

async function taggedImages(text: string, images: ImageStore): Promise<readonly Found[]> {
  const reference = referenceOf(text);
  if (reference !== undefined && reference.tag === undefined && reference.digest === undefined) {
    const repository = await wholeRepository(reference, images);
    if (repository.length > 0) return repository;
  }
  const record = await images.find(text);
  if (record === undefined)
    throw new VarveError('IMAGE_UNKNOWN', `No such image: ${text}`, { hint: '`varve images` lists what there is.' });
  const name = reference?.tag === undefined || reference.digest !== undefined ? undefined : formatReference(reference);
  return [{ record, names: name !== undefined && record.names.includes(name) ? [name] : [] }];
}

function referenceOf(text: string): ImageReference | undefined {
  if (/^sha(?:256|512):/.test(text)) return undefined;
  try {
    return parseReference(text);
  } catch (failure) {
    if (looksLikeId(text)) return undefined;
    throw failure;
  }
}

async function wholeRepository({ name }: ImageReference, images: ImageStore): Promise<readonly Found[]> {
  const isTag = (full: string) => full.startsWith(`${name}:`) && !full.slice(name.length + 1).includes('/');
  const records = await images.list();
  return records
    .map((record) => ({ record, names: record.names.filter(isTag) }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => ((a.names[0] ?? '') < (b.names[0] ?? '') ? -1 : 1));
}
