import { CACHE_STORES, CONTENT, definePlugin, FILE_DIGESTS, IMAGES, LAYERS, STORE_ROOT, STORE_STATE } from '@varve/core';
import { LocalStore } from './local-store.ts';
import { LocalTransport, whyNotLocal } from './local-transport.ts';
import { StoreExporter } from './store-exporter.ts';

/** The store of this host: blobs, layers, images and their names, step results, digests of files. */
export const localStore = definePlugin({
  name: '@varve/store-local',
  core: '^0.1.0',
  apply({ hooks, inject, provide, contribute }) {
    const store = inject('local-store', [STORE_ROOT], (root) => new LocalStore(root));
    provide(CONTENT, [], () => store().content);
    provide(LAYERS, [], () => store().layers);
    provide(IMAGES, [], () => store().images);
    provide(FILE_DIGESTS, [], () => store().fileDigests);
    provide(STORE_STATE, [], () => store().state);
    contribute(CACHE_STORES, [], () => store().cache);

    const transport = inject('local-transport', [IMAGES], (images) => new LocalTransport(images));
    const exporter = inject('store-exporter', [IMAGES], (images) => new StoreExporter(images));
    hooks.transport.tap(
      async (request) => {
        const reason = await whyNotLocal(request, store().images);
        if (reason === undefined) return transport();
        request.decline('local', reason);
        return undefined;
      },
      { stage: -100 },
    );
    hooks.exporter.tap(async ({ type }) => (type === 'image' ? exporter() : undefined));
  },
});
