import { type Emit, type LayerStore, VarveError } from '@varve/core';
import type { Limiter } from '@varve/core/archive';
import { type Abortable, asLayerID, type Descriptor, type DiffID, hexOf, type Layer, lazyLayer, ociLayerType } from '@varve/core/image';
import type { BlobPlaces } from '../blob-places.ts';
import type { Repository, Requester } from '../http/requester.ts';
import { retryingIn } from '../http/retry.ts';
import { BlobSource } from './blob-source.ts';
import { foreignSource } from './foreign-layer.ts';

export interface RemoteLayerOptions {
  readonly client: Requester;
  readonly layers: LayerStore;
  readonly places: BlobPlaces;
  readonly downloads: Limiter;
  /** Whether layers may come from addresses that the manifest names. */
  readonly foreignLayers: boolean;
  readonly emit?: Emit | undefined;
}

/** A layer in a registry: nothing of it is read before somebody asks. */
export function remoteLayer(
  repository: Repository,
  descriptor: Descriptor,
  { client, layers, places, downloads, foreignLayers, emit, diffId }: RemoteLayerOptions & { readonly diffId: DiffID },
): Layer {
  const { digest, size } = descriptor;
  const stored: Descriptor = { mediaType: ociLayerType(descriptor.mediaType), digest, size };
  places.see(digest, repository);
  const tell = (status: string, current?: number) =>
    emit?.({ type: 'transfer', id: digest, label: hexOf(digest).slice(0, 12), status, current, total: size });
  const find = async (options?: Abortable): Promise<Layer | undefined> => {
    const here = await layers.get(asLayerID(diffId));
    return here !== undefined && (await here.diffId(options)) === diffId ? here : undefined;
  };
  const bring = async ({ signal }: Abortable = {}): Promise<Layer> => {
    const onProgress = (bytes: number): void => {
      tell('Downloading', bytes);
      if (bytes === size) tell('Verifying Checksum');
    };
    const onRetry = (wait: number): void => tell(retryingIn(wait));
    const source = new BlobSource(client, repository, { digest, size, signal, onProgress, onRetry });
    const expected = { ...stored, diffId, signal };
    try {
      return await ingestFrom(source, layers, expected);
    } catch (failure) {
      if (!VarveError.is(failure) || failure.code !== 'BLOB_UNKNOWN' || descriptor.urls === undefined) throw failure;
      return await layers.ingest(foreignSource(client, descriptor, { isAllowed: foreignLayers, signal, missing: failure }), expected);
    }
  };
  return lazyLayer({
    diffId,
    stored,
    async fetch(options) {
      const here = await find(options);
      if (here !== undefined) {
        tell('Already exists');
        return here;
      }
      tell('Pulling fs layer', 0);
      if (downloads.isFull) tell('Waiting');
      const layer = await downloads.run(() => bring(options));
      await places.remember(digest, repository);
      tell('Download complete');
      tell('Pull complete', size);
      return layer;
    },
  });
}

/** What a mirror gave may be wrong only as a whole: then the blob is fetched from elsewhere. */
async function ingestFrom(source: BlobSource, layers: LayerStore, expected: Parameters<LayerStore['ingest']>[1]): Promise<Layer> {
  for (;;) {
    try {
      return await layers.ingest((offset) => source.from(offset, { isShared: true }), expected);
    } catch (failure) {
      const isDamage = VarveError.is(failure) && /^(?:BLOB_MISMATCH$|TAR_|COMPRESSION_CORRUPT$)/.test(failure.code);
      if (!isDamage || !source.distrust()) throw failure;
    }
  }
}
