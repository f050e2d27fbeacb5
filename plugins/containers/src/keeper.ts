import { type Host, type Keeper, type StoredItem, VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { blocksOf, diskUsage } from '@varve/core/system';
import { isUp } from './describe/status.ts';
import type { ContainerStore } from './engine.ts';
import { removeContainer } from './remove-container.ts';
import { usesVolume } from './state/volume-table.ts';

/** What containers and volumes take, and what they need of others. */
export class ContainerKeeper implements Keeper {
  readonly name = 'containers';
  readonly #store: ContainerStore;
  readonly #storage: Host['storage'];

  constructor(store: ContainerStore, storage: Host['storage']) {
    this.#store = store;
    this.#storage = storage;
  }

  async items(options: Abortable = {}): Promise<readonly StoredItem[]> {
    return [...(await this.#containers(options)), ...(await this.#volumes(options)), ...this.#folders()];
  }

  async remove(ids: readonly string[]): Promise<void> {
    const named = (kind: string) => ids.filter((id) => id.startsWith(`${kind}/`)).map((id) => id.slice(kind.length + 1));
    for (const id of named('container')) {
      const record = this.#store.containers.byId(id);
      if (record === undefined || isUp(record)) continue;
      try {
        await removeContainer({ store: this.#store, host: { storage: this.#storage } }, record, { volumes: false });
      } catch (failure) {
        if (!VarveError.is(failure) || failure.code !== 'CONTAINER_RUNNING') throw failure; // started meanwhile
      }
    }
    for (const name of named('volume'))
      await this.#store.volumes.remove(name, () => this.#store.containers.all().some((record) => usesVolume(record, name)));
  }

  async #containers(options: Abortable): Promise<readonly StoredItem[]> {
    const { containers, places } = this.#store;
    return await Promise.all(
      containers.all().map(async (record) => {
        const { id, name, spec, state, createdAt } = record;
        const volumes = spec.mounts.flatMap((mount) => (mount.type === 'volume' ? [`volume/${mount.name}`] : []));
        return {
          id: `container/${id}`,
          kind: 'container',
          title: `container ${name}`,
          size: await diskUsage(places.container(id), options),
          usedAt: state.finishedAt ?? state.startedAt ?? createdAt,
          needs: [`image/${spec.image.manifest}`, `snapshot/${spec.driver}/${spec.snapshot.key}`, ...volumes],
          held: 'was made by a user',
          active: isUp(record) ? `is ${state.status}` : undefined,
        };
      }),
    );
  }

  async #volumes(options: Abortable): Promise<readonly StoredItem[]> {
    const { volumes, places } = this.#store;
    return await Promise.all(
      volumes.table.all().map(async ({ name, anonymous, createdAt }) => ({
        id: `volume/${name}`,
        kind: 'volume',
        title: `volume ${name}`,
        size: await diskUsage(places.volume(name), options),
        usedAt: createdAt,
        needs: [],
        held: anonymous ? undefined : 'was made by a user',
      })),
    );
  }

  #folders(): readonly StoredItem[] {
    const { places } = this.#store;
    const size = [places.database, places.containers, places.volumes].reduce((sum, path) => sum + blocksOf(path), 0);
    if (size === 0) return [];
    const title = 'tables of containers';
    return [{ id: 'containers/tables', kind: 'store', title, size, usedAt: Date.now(), needs: [], held: 'holds the rest' }];
  }
}
