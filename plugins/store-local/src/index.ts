import {
  CACHE_STORES,
  COMMANDS,
  CONTENT,
  definePlugin,
  FILE_DIGESTS,
  type Host,
  IMAGES,
  KEEPERS,
  LAYERS,
  STORE_ROOT,
  STORE_STATE,
} from '@varve/core';
import { AutoCollector } from './collect/auto-collector.ts';
import { Housekeeping } from './collect/housekeeping.ts';
import { StoreKeeper } from './collect/store-keeper.ts';
import { builderPruneCommand } from './commands/builder-prune-command.ts';
import { gcCommand } from './commands/gc-command.ts';
import { imagePruneCommand } from './commands/image-prune-command.ts';
import { systemDfCommand } from './commands/system-df-command.ts';
import { systemPruneCommand } from './commands/system-prune-command.ts';
import { LocalStore } from './local-store.ts';
import { LocalTransport, whyNotLocal } from './local-transport.ts';
import { readOptions } from './options.ts';
import { StoreExporter } from './store-exporter.ts';

/** The store of this host: blobs, layers, images and their names, step results, digests of files. */
export const localStore = definePlugin({
  name: '@varve/store-local',
  core: '^0.1.0',
  options: readOptions,
  apply({ hooks, inject, provide, contribute, options: { gc } }) {
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
        if (!request.fresh) request.decline('local', reason); // whoever wants a fresh look knows that this is none
        return undefined;
      },
      { stage: -100 },
    );
    hooks.exporter.tap(async ({ type }) => (type === 'image' ? exporter() : undefined));

    contribute(KEEPERS, [], () => new StoreKeeper(store()));
    const housekeeping = inject('housekeeping', [KEEPERS], (keepers) => new Housekeeping(store(), keepers));
    const ready = async (host: Host) => {
      await host.storage().catch(() => undefined); // drivers sweep what killed processes left; without one there are no snapshots
      return housekeeping();
    };
    const collecting = [builderPruneCommand(ready), imagePruneCommand(ready), systemDfCommand(ready), systemPruneCommand(ready)];
    for (const command of [gcCommand(ready, gc?.keep), ...collecting]) contribute(COMMANDS, [], () => command);
    if (gc === undefined) return;
    const collector = inject('auto-collector', [], () => new AutoCollector(store(), housekeeping(), gc.keep));
    hooks.event.tap(async ({ type }) => {
      if (type === 'build-finished') collector();
    });
  },
});
