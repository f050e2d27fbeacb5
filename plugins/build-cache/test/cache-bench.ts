import type { BuildEventBody, BuildInfo, CacheRecord, CacheRequest, CacheStore, LayerStore, Transport } from '@varve/core';
import { VarveError } from '@varve/core';
import {
  asCacheKey,
  asDiffID,
  asLayerID,
  type DiffID,
  digestOf,
  foreignImage,
  formatReference,
  type Image,
  type ImageReference,
  type Layer,
  lazyLayer,
  makeImage,
  parseManifest,
} from '@varve/core/image';
import { entry, fixtureLayer, MemoryLayers } from '@varve/core/testing';
import { BuildCaches } from '../src/build-caches.ts';

/** A place that images and artifacts are moved to and from, whole, in memory. */
export class MemoryPlaces {
  readonly images = new Map<string, Image>();
  /** DiffIDs of layers that somebody read, in order. */
  readonly fetched: DiffID[] = [];
  /** Looked at before a layer is given. */
  spoil: (diffId: DiffID) => void = () => undefined;

  /** As one machine sees it. */
  host(layers: LayerStore): { resolve(reference: ImageReference): Promise<Image>; transport(): Promise<Transport> } {
    const resolve = async (reference: ImageReference): Promise<Image> => {
      const found = this.images.get(formatReference(reference));
      if (found === undefined) throw new VarveError('IMAGE_UNKNOWN', `There is no ${formatReference(reference)}`);
      return await this.#remote(found, layers);
    };
    const push: Transport['push'] = async (image, reference) => {
      for (const layer of image.layers) for await (const _ of layer.tar());
      this.images.set(formatReference(reference), image);
      return await image.descriptor();
    };
    return { resolve, transport: async () => ({ name: 'memory', resolve, push }) };
  }

  async #remote(image: Image, layers: LayerStore): Promise<Image> {
    const [configBytes, manifestBytes] = [await image.configBytes(), await image.manifestBytes()];
    const { mediaType } = await image.descriptor();
    const manifest = parseManifest(manifestBytes, mediaType);
    if (manifest.kind !== 'image') throw new Error('An index was pushed');
    const { diff_ids } = (JSON.parse(Buffer.from(configBytes).toString()) as { rootfs: { diff_ids: DiffID[] } }).rootfs;
    const remote = image.layers.map((layer, i) => {
      const [stored, diffId] = [manifest.layers[i], diff_ids[i]];
      if (stored === undefined || diffId === undefined) throw new Error('The manifest has too few layers');
      const fetch = async (): Promise<Layer> => {
        this.spoil(diffId);
        this.fetched.push(diffId);
        return await layers.ingest(layer.tar(), { ...stored, digest: undefined, size: undefined, diffId });
      };
      return lazyLayer({ diffId, stored, fetch });
    });
    return foreignImage({ configBytes, manifestBytes, manifestMediaType: mediaType, layers: remote });
  }
}

/** A machine with an empty store. */
export class Machine {
  readonly layers = new MemoryLayers();
  readonly warnings: string[] = [];
  readonly cache = new BuildCaches(this.layers);
  readonly host: ReturnType<MemoryPlaces['host']>;

  constructor(places: MemoryPlaces) {
    this.host = places.host(this.layers);
  }

  /** The cache of a build that asks for these places. */
  start({ from = [], to = [] }: { readonly from?: readonly CacheRequest[]; readonly to?: readonly CacheRequest[] }): {
    readonly cache: CacheStore;
    mark(image: Image): Image;
  } {
    const emit = (event: BuildEventBody) => void (event.type === 'warning' && this.warnings.push(`${event.code}: ${event.message}`));
    const request = { source: { file: 'test', text: async () => '' }, cacheFrom: from, cacheTo: to };
    const build: BuildInfo = { id: 'test', request, platform: { os: 'linux', architecture: 'amd64' }, emit };
    return {
      cache: this.cache.start({ build, host: this.host }),
      mark: (image) => this.cache.mark(image, build),
    };
  }
}

export const TIME = '2026-01-02T03:04:05.678Z';

/** What a step with this name came to. */
export function step(name: string): { readonly record: CacheRecord; readonly layer: Layer } {
  const layer = fixtureLayer(asLayerID(digestOf(`layer of ${name}`)), [entry.file(name, 100)]);
  const key = asCacheKey(digestOf(`key of ${name}`));
  const parts = { command: `secret of ${name}` };
  return { layer, record: { key, parts, parent: 'below', kind: 'run', title: `RUN ${name}`, layer: layer.id, createdAt: TIME } };
}

export const imageOf = (...layers: readonly Layer[]): Image =>
  makeImage({ config: { os: 'linux', architecture: 'amd64', created: TIME, config: {}, history: [] }, layers });

export const registry = (ref: string, more: Readonly<Record<string, string>> = {}): CacheRequest => ({
  type: 'registry',
  attributes: { ref, ...more },
});
export const diffIdOf = async ({ layer }: { readonly layer: Layer }): Promise<DiffID> => asDiffID(await layer.diffId());
