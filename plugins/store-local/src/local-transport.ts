import { type ImageRecord, type ImageStore, type Transport, type TransportRequest, VarveError } from '@varve/core';
import {
  type Abortable,
  choosePlatform,
  familiarName,
  formatPlatform,
  formatReference,
  type Image,
  type ImageReference,
  isSamePlatform,
  looksLikeId,
  type Platform,
} from '@varve/core/image';

/** Digits of an ID that stand for an image where a name is expected. Shorter ones are names: `cafe` is a repository too. */
const ID_DIGITS = 12;

/** Images that are here already. */
export class LocalTransport implements Transport {
  readonly name = 'local';
  readonly #images: ImageStore;

  constructor(images: ImageStore) {
    this.#images = images;
  }

  async resolve(reference: ImageReference, { platform, signal }: Abortable & { readonly platform: Platform }): Promise<Image> {
    signal?.throwIfAborted();
    const record = await findLocal(reference, this.#images);
    const found = record === undefined ? 'is not here' : await openFit(record, platform, this.#images);
    if (typeof found !== 'string') return found;
    throw new VarveError('IMAGE_UNKNOWN', `Image ${formatReference(reference)} ${found}`, {
      hint: '`varve images` shows those that are here.',
    });
  }
}

/** Why the store does not answer a request; `undefined`: it does. */
export async function whyNotLocal(request: TransportRequest, images: ImageStore): Promise<string | undefined> {
  if (request.purpose === 'push') return 'images are pushed elsewhere';
  if (request.fresh) return 'a fresh look was asked for';
  if (request.reference.transport !== 'docker') return 'only names are looked up here';
  const found = await findLocal(request.reference, images);
  if (found === undefined) return 'no image here has this name';
  if (found.platforms !== undefined) return whyNoneFits(found.platforms, request.platform);
  const fit = await openFit(found, request.platform, images);
  return typeof fit === 'string' ? fit : undefined;
}

async function findLocal(reference: ImageReference, images: ImageStore): Promise<ImageRecord | undefined> {
  const text = familiarName(formatReference(reference));
  const digits = text.replace(/^sha(?:256|512):/, '').replace(/:latest$/, '');
  const mayBeId = digits.length >= ID_DIGITS && looksLikeId(digits);
  return (await images.find(formatReference(reference))) ?? (mayBeId ? await images.find(digits) : undefined);
}

/**
 * The image for a platform, or why there is none. One that names no architecture fits everywhere; of an index it is the entry that says for
 * what an image is.
 */
async function openFit(record: ImageRecord, platform: Platform, images: ImageStore): Promise<Image | string> {
  if (record.platforms !== undefined) return whyNoneFits(record.platforms, platform) ?? (await images.open(record, { platform }));
  const image = await images.open(record);
  const { config } = image;
  if (config.architecture === '' || isSamePlatform(config, platform)) return image;
  return `the image here is for ${formatPlatform(config)}, not ${formatPlatform(platform)}`;
}

function whyNoneFits(platforms: readonly Platform[], wanted: Platform): string | undefined {
  try {
    choosePlatform(
      platforms.map((platform) => ({ platform })),
      wanted,
    );
    return undefined;
  } catch (failure) {
    if (!VarveError.is(failure)) throw failure;
    return `the image here is for ${platforms.map(formatPlatform).join(', ')}, not ${formatPlatform(wanted)}`;
  }
}
