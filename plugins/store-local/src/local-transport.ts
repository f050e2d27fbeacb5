import { type ImageStore, type Transport, type TransportRequest, VarveError } from '@varve/core';
import {
  type Abortable,
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
    const found = await findLocal(reference, this.#images);
    const reason = found === undefined ? 'is not here' : whyUnfit(found, platform);
    if (found !== undefined && reason === undefined) return found;
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
  return found === undefined ? 'no image here has this name' : whyUnfit(found, request.platform);
}

async function findLocal(reference: ImageReference, images: ImageStore): Promise<Image | undefined> {
  const text = familiarName(formatReference(reference));
  const digits = text.replace(/^sha256:/, '').replace(/:latest$/, '');
  const mayBeId = digits.length >= ID_DIGITS && looksLikeId(digits);
  const named = await images.find(formatReference(reference));
  const record = named ?? (mayBeId ? await images.find(digits) : undefined);
  return record === undefined ? undefined : await images.open(record);
}

/** An image that names no architecture fits everywhere. */
function whyUnfit({ config }: Image, wanted: Platform): string | undefined {
  if (config.architecture === '' || isSamePlatform(config, wanted)) return undefined;
  return `the image here is for ${formatPlatform(config)}, not ${formatPlatform(wanted)}`;
}
