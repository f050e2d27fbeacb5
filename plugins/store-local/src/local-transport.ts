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
    const reason = record === undefined ? 'is not here' : await whyUnfit(record, platform, this.#images);
    if (record !== undefined && reason === undefined) return await this.#images.open(record, { platform });
    throw new VarveError('IMAGE_UNKNOWN', `Image ${formatReference(reference)} ${reason}`, {
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
  return found === undefined ? 'no image here has this name' : await whyUnfit(found, request.platform, images);
}

async function findLocal(reference: ImageReference, images: ImageStore): Promise<ImageRecord | undefined> {
  const text = familiarName(formatReference(reference));
  const digits = text.replace(/^sha(?:256|512):/, '').replace(/:latest$/, '');
  const mayBeId = digits.length >= ID_DIGITS && looksLikeId(digits);
  return (await images.find(formatReference(reference))) ?? (mayBeId ? await images.find(digits) : undefined);
}

/** An image that names no architecture fits everywhere; of an index it is the entry that says for what an image is. */
async function whyUnfit(record: ImageRecord, wanted: Platform, images: ImageStore): Promise<string | undefined> {
  if (record.platforms !== undefined) return whyNoneFits(record.platforms, wanted);
  const { config } = await images.open(record);
  if (config.architecture === '' || isSamePlatform(config, wanted)) return undefined;
  return `the image here is for ${formatPlatform(config)}, not ${formatPlatform(wanted)}`;
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
