import { COMMANDS, definePlugin, IMAGE_USERS, INSPECTABLES, KEEPERS, STORAGE, STORE_ROOT } from '@varve/core';
import { CONTAINER_COMMANDS } from './commands/container-commands.ts';
import { VOLUME_COMMANDS } from './commands/volume-commands.ts';
import { ContainerStore } from './engine.ts';
import { containerUsers } from './image-users.ts';
import { inspectableContainers, inspectableVolumes } from './inspectables.ts';
import { ContainerKeeper } from './keeper.ts';
import { superviseCommand } from './supervisor/supervise-command.ts';

/** Containers and volumes, on whatever executor and storage driver there are. */
export const containers = definePlugin({
  name: '@varve/containers',
  core: '^0.1.0',
  apply({ inject, contribute }) {
    const store = inject('containers', [STORE_ROOT], (root) => new ContainerStore(root));
    for (const make of [...CONTAINER_COMMANDS, ...VOLUME_COMMANDS, superviseCommand]) contribute(COMMANDS, [], () => make(store()));
    contribute(IMAGE_USERS, [], () => containerUsers(store()));
    contribute(INSPECTABLES, [], () => inspectableContainers(store()));
    contribute(INSPECTABLES, [], () => inspectableVolumes(store()));
    contribute(KEEPERS, [STORAGE], (storage) => new ContainerKeeper(store(), storage));
  },
});
