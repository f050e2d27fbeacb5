import type { BuildInfo, BuildRequest, CacheStart, CacheStore, LayerStore } from '@varve/core';
import type { Image } from '@varve/core/image';
import { BuildCache } from './build-cache.ts';

/** Gives each build a cache of its own: which machines it has to do with is said by its request. */
export class BuildCaches implements CacheStore {
  readonly name = 'build-cache';
  readonly #layers: LayerStore;
  /** By request and the id that all platforms of a build have. */
  readonly #ofBuilds = new WeakMap<BuildRequest, Map<string, BuildCache>>();

  constructor(layers: LayerStore) {
    this.#layers = layers;
  }

  start(start: CacheStart): CacheStore {
    const cache = new BuildCache(start, this.#layers);
    const { id, request } = start.build;
    const ofRequest = this.#ofBuilds.get(request) ?? new Map<string, BuildCache>();
    this.#ofBuilds.set(request, ofRequest.set(id, cache));
    return cache;
  }

  /** The image with its records in it, where the request says so. */
  mark(image: Image, { id, request }: BuildInfo): Image {
    return this.#ofBuilds.get(request)?.get(id)?.mark(image) ?? image;
  }

  async get(): Promise<undefined> {
    return undefined; // nobody asks outside a build
  }

  async put(): Promise<void> {}
}
