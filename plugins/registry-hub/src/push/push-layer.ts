import { type ContentStore, type Emit, VarveError } from '@varve/core';
import type { Limiter } from '@varve/core/archive';
import { type Abortable, type Descriptor, hexOf, type Layer } from '@varve/core/image';
import type { BlobPlaces } from '../blob-places.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { retryingIn } from '../http/retry.ts';
import { BlobSource } from '../pull/blob-source.ts';
import { gzipLayer } from './gzip-layer.ts';
import type { GzipMemory } from './gzip-memory.ts';
import type { SessionMemory } from './session-memory.ts';
import { hasBlob, type Upload, uploadBlob } from './upload-blob.ts';

export interface PushOptions extends Abortable {
  readonly client: Requester;
  readonly content: ContentStore;
  /** Where layers are compressed. */
  readonly temporary: string;
  readonly compressed: GzipMemory;
  readonly places: BlobPlaces;
  readonly sessions: SessionMemory;
  readonly uploads: Limiter;
  /** Few layers at a time, since each has blocks in memory: two, so that all cores are busy also where one of them is what nothing makes smaller. */
  readonly compressing: Limiter;
  readonly chunkSize: number | undefined;
  /** Manifests have the media types of docker's schema 2. */
  readonly dockerTypes?: boolean | undefined;
  readonly emit?: Emit | undefined;
}

type Tell = (status: string, current?: number, total?: number) => void;

/** A part of an image, as it is in the repository. */
export interface PushedPart {
  readonly descriptor: Descriptor;
  /** It was not there. */
  readonly isNew: boolean;
}

/** Brings a layer into a repository. @param named as the image's manifest names it */
export async function pushLayer(
  layer: Layer,
  named: Descriptor | undefined,
  repository: Repository,
  options: PushOptions,
): Promise<PushedPart> {
  const { emit, uploads, signal } = options;
  const diffId = await layer.diffId({ signal });
  const label = hexOf(diffId).slice(0, 12);
  const tell: Tell = (status, current, total) => emit?.({ type: 'transfer', id: label, label, status, current, total });
  tell('Preparing');
  if (named !== undefined && isForeign(named)) {
    tell('Skipped foreign layer');
    return { descriptor: named, isNew: false };
  }
  if (uploads.isFull) tell('Waiting');
  return await uploads.run(async () => {
    const asIs = named !== undefined && isCompressed(named) && (await pushAsIs(layer, named, repository, { ...options, tell }));
    return asIs || (await pushCompressed(layer, repository, { ...options, tell }));
  });
}

type LayerPush = PushOptions & { readonly tell: Tell };

/** The bytes as they are, wherever they are. `undefined`: nowhere. */
async function pushAsIs(layer: Layer, named: Descriptor, repository: Repository, options: LayerPush): Promise<PushedPart | undefined> {
  const { client, content, places, signal } = options;
  const { digest, size } = named;
  const here = (from: number) => content.read(digest, { signal, ...(from > 0 && { offset: from }) });
  const known = await places.find(digest);
  const send = (read: Upload['read']) => uploadLayer(named, repository, { ...options, sources: known, read });
  if ((await content.size(digest)) === size) return await send(here);
  for (const place of known) {
    if (place.host === repository.host && place.path === repository.path) continue;
    const there = new BlobSource(client, place, { digest, size, signal });
    try {
      return await send((from) => there.from(from));
    } catch (failure) {
      signal?.throwIfAborted();
      if (!VarveError.is(failure) || failure.code !== 'BLOB_UNKNOWN') throw failure; // it was moved away: the next place
    }
  }
  if (await hasBlob(client, repository, { digest, signal })) {
    options.tell('Layer already exists');
    return { descriptor: named, isNew: false };
  }
  await layer.index({ signal }); // brings in what is elsewhere
  return (await content.size(digest)) === size ? await send(here) : undefined;
}

async function pushCompressed(layer: Layer, repository: Repository, options: LayerPush): Promise<PushedPart> {
  const { client, places, temporary, compressed: memory, compressing, signal, tell } = options;
  const diffId = await layer.diffId({ signal });
  const known = await memory.recall(diffId);
  if (known !== undefined && (await hasBlob(client, repository, { digest: known.digest, signal }))) {
    tell('Layer already exists');
    return { descriptor: known, isNew: false };
  }
  await using compressed = await compressing.run(() => gzipLayer(layer, { dir: temporary, signal }));
  const { descriptor } = compressed;
  await memory.remember(diffId, descriptor);
  return await uploadLayer(descriptor, repository, { ...options, sources: await places.find(descriptor.digest), read: compressed.read });
}

async function uploadLayer(
  descriptor: Descriptor,
  repository: Repository,
  { client, places, sessions, chunkSize, tell, signal, read, sources }: LayerPush & Pick<Upload, 'read' | 'sources'>,
): Promise<PushedPart> {
  const { digest, size } = descriptor;
  const onProgress = (bytes: number): void => tell('Pushing', bytes, size);
  const onRetry = (wait: number): void => tell(retryingIn(wait));
  const result = await uploadBlob(client, repository, { digest, size, read, sources, sessions, chunkSize, signal, onProgress, onRetry });
  await places.remember(digest, repository);
  if (result.kind === 'mounted') tell(`Mounted from ${result.from.path}`);
  else tell(result.kind === 'sent' ? 'Pushed' : 'Layer already exists');
  return { descriptor, isNew: result.kind !== 'there' };
}

const isCompressed = ({ mediaType }: Descriptor): boolean => /gzip$|zstd$/.test(mediaType);
/** Registries take manifests that name such layers without having them. */
const isForeign = ({ mediaType, urls = [] }: Descriptor): boolean => /\.(?:foreign|nondistributable)\./.test(mediaType) && urls.length > 0;
