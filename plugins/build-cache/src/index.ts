import { CACHE_STORES, definePlugin, LAYERS } from '@varve/core';
import { BuildCaches } from './build-caches.ts';

/** What steps came to, from and for other machines: `cacheFrom` and `cacheTo` of a build. */
export const buildCache = definePlugin({
  name: '@varve/build-cache',
  core: '^0.1.0',
  apply({ hooks, inject, contribute }) {
    const caches = inject('build-caches', [LAYERS], (layers) => new BuildCaches(layers));
    contribute(CACHE_STORES, [], () => caches());
    // After whatever else changes the image: its layers are marked by their place.
    hooks.image.tap(async (image, build) => caches().mark(image, build), { stage: 100 });
  },
});
