import { type Host, IMAGES, type Snapshots, type StorageDriver } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import type { ContainerRecord } from './state/container-record.ts';
import { ContainerTable } from './state/container-table.ts';
import { Database } from './state/database.ts';
import { Places } from './state/places.ts';
import { VolumeTable } from './state/volume-table.ts';
import { VolumeStore } from './volumes/volume-store.ts';

/** What is known of containers and volumes of one store. Nothing is opened before it is asked for. */
export class ContainerStore implements AsyncDisposable {
  readonly places: Places;
  readonly containers: ContainerTable;
  readonly volumes: VolumeStore;
  readonly #database: Database;

  /** @param root of the store */
  constructor(root: string) {
    this.places = new Places(root);
    this.#database = new Database(this.places.database);
    this.containers = new ContainerTable(this.#database, this.places);
    this.volumes = new VolumeStore(new VolumeTable(this.#database), this.places);
  }

  /** All of it or nothing, and alone among all processes. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]();
  }
}

/** The store, and the toolchain that containers are made with. */
export interface Engine {
  readonly store: ContainerStore;
  readonly host: Host;
}

/**
 * Brings the layers that a container stands on back onto the driver if a crash of the machine took them away. Done by whoever starts it:
 * a supervisor that uses the store's layers would keep every collection waiting for as long as the container runs.
 */
export async function restoreLayers({ host }: Engine, { spec }: ContainerRecord, { signal }: Abortable = {}): Promise<void> {
  const images = host.get(IMAGES);
  const image = await images.find(spec.image.manifest);
  if (image === undefined) return;
  const { snapshots } = await openSnapshots(host, spec.driver);
  await snapshots.unpack((await images.open(image)).layers, { signal });
}

export async function openSnapshots(
  host: Host,
  driver?: string,
): Promise<{ readonly driver: StorageDriver; readonly snapshots: Snapshots }> {
  const { provider } = await host.storage(driver);
  const snapshotter = await host.snapshotter();
  return { driver: provider, snapshots: snapshotter.provider.start({ driver: provider, build: { emit: () => undefined } }) };
}
