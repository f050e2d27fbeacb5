import { type Emit, type ImageRecord, type ImageStore, type Transport, VarveError } from '@varve/core';
import { type Abortable, choosePlatform, type Descriptor, type ImageReference, type Platform } from '@varve/core/image';
import type { HubPushOptions } from '../hub-transport.ts';

export interface PushWholeOptions extends Abortable {
  readonly images: ImageStore;
  readonly transport: Transport;
  /** Only this one's image of an index. */
  readonly platform: Platform | undefined;
  /** With docker's media types; only registries have them. */
  readonly dockerTypes: boolean;
  readonly emit: Emit | undefined;
}

/** An image, or an index with all that it names. @throws VarveError `TRANSPORT_NONE`, `IMAGE_PLATFORM`, and what pushing throws */
export async function pushWhole(record: ImageRecord, to: ImageReference, options: PushWholeOptions): Promise<Descriptor> {
  const { images, transport, platform, dockerTypes, signal, emit } = options;
  const pushing: HubPushOptions = { signal, emit, dockerTypes };
  const index = platform === undefined ? await images.openIndex(record) : undefined;
  if (index !== undefined) {
    if (transport.pushIndex !== undefined) return await transport.pushIndex(index, to, pushing);
    throw new VarveError('TRANSPORT_NONE', `${transport.name} does not take images for several platforms`, {
      hint: 'Push one of them with --platform.',
    });
  }
  if (transport.push === undefined) throw new VarveError('TRANSPORT_NONE', `${transport.name} does not take images`);
  const image = await images.open(record, { platform });
  if (platform !== undefined && record.platforms === undefined) choosePlatform([{ platform: image.config }], platform);
  return await transport.push(image, to, pushing);
}
