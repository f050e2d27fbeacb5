import { type Inspectable, VarveError } from '@varve/core';
import { describeVolume } from './describe/describe-volume.ts';
import { inspectContainer } from './describe/inspect-container.ts';
import type { ContainerStore } from './engine.ts';
import { findContainer } from './state/find-container.ts';

export const inspectableContainers = (store: ContainerStore): Inspectable => ({
  type: 'container',
  states: async () => store.containers.all().map(({ state }) => state.status),
  async inspect(name) {
    try {
      return inspectContainer({ store }, findContainer(store.containers, name));
    } catch (failure) {
      if (VarveError.is(failure) && failure.code === 'CONTAINER_UNKNOWN') return undefined;
      throw failure;
    }
  },
});

export const inspectableVolumes = ({ volumes, places }: ContainerStore): Inspectable => ({
  type: 'volume',
  async inspect(name) {
    const record = volumes.table.byName(name);
    return record && describeVolume(record, places.volumeData(name));
  },
});
