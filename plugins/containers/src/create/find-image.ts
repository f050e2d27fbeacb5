import type { Writable } from 'node:stream';
import { IMAGES, type ImageRecord, VarveError } from '@varve/core';
import {
  type Abortable,
  formatReference,
  hostPlatform,
  isSamePlatform,
  looksLikeId,
  normalizePlatform,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import type { Engine } from '../engine.ts';
import type { CreateRequest } from './create-request.ts';

type Wanted = Pick<CreateRequest, 'image' | 'pull' | 'platform'>;

/** The image of this host, fetched where it is not here, or where that is asked for. @throws VarveError `IMAGE_UNKNOWN` */
export async function findOrPull(
  { host }: Engine,
  wanted: Wanted,
  { signal, stderr }: Abortable & { readonly stderr?: Writable | undefined },
): Promise<ImageRecord> {
  const images = host.get(IMAGES);
  const known = wanted.pull === 'always' ? undefined : await images.find(wanted.image);
  if (known !== undefined && (wanted.platform === undefined || (await isFor(known, wanted, host.get(IMAGES))))) return known;
  const given = parseReference(wanted.image);
  const reference = withDefaultTag(given);
  const shown = `${wanted.image}${given.tag === undefined && given.digest === undefined ? ':latest' : ''}`;
  if (wanted.pull === 'never' || looksLikeId(wanted.image))
    throw new VarveError('IMAGE_UNKNOWN', `No such image: ${shown}`, { hint: '`varve images` lists those that are here.' });
  if (wanted.pull === 'missing') stderr?.write(`Unable to find image '${shown}' locally\n`);
  const image = await host.resolve(reference, { platform: wanted.platform ?? hostPlatform(), fresh: true, signal: signal as AbortSignal });
  const names = reference.transport === 'docker' && reference.digest === undefined ? [formatReference(reference)] : [];
  const record = await images.put(image, { names, signal });
  stderr?.write(`Digest: ${record.descriptor.digest}\nStatus: Downloaded newer image for ${shown}\n`);
  return record;
}

async function isFor(
  record: ImageRecord,
  { platform }: Wanted,
  images: { open(record: ImageRecord): Promise<{ readonly config: object }> },
): Promise<boolean> {
  if (platform === undefined) return true;
  const { config } = await images.open(record);
  return isSamePlatform(normalizePlatform(config as Parameters<typeof normalizePlatform>[0]), normalizePlatform(platform));
}
