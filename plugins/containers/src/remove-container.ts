import { existsSync } from 'node:fs';
import { VarveError } from '@varve/core';
import { lock, removeTree, tryLock } from '@varve/core/system';
import type { Engine } from './engine.ts';
import type { ContainerRecord } from './state/container-record.ts';
import { usesVolume } from './state/volume-table.ts';

/** What is needed to remove. */
interface Removing extends Pick<Engine, 'store'> {
  readonly host: Pick<Engine['host'], 'storage'>;
}

interface Removal {
  /** Its anonymous volumes, too. */
  readonly volumes: boolean;
}

/** Milliseconds. */
const PATIENCE = 20_000;

/**
 * Takes a container away that does not run. Whoever comes after a process that was killed in between goes on where it was.
 * @throws VarveError `CONTAINER_RUNNING` while somebody looks after it
 */
export async function removeContainer(engine: Removing, { id }: ContainerRecord, removal: Removal): Promise<void> {
  const { places, containers } = engine.store;
  if (!existsSync(places.container(id))) return await destroyContainer(engine, containers.byId(id), removal);
  const before = containers.byId(id);
  const isRunning = before?.state.status === 'running' || before?.state.status === 'paused';
  // One that has ended is let go of by its supervisor in a moment
  using held = isRunning ? tryLock(places.lock(id)) : await lock(places.lock(id), { signal: AbortSignal.timeout(PATIENCE) });
  const record = containers.byId(id);
  if (record === undefined) return;
  if (held === undefined)
    throw new VarveError(
      'CONTAINER_RUNNING',
      `cannot remove container "/${record.name}": container is ${record.state.status}: stop the container before removing or force remove`,
    );
  await destroyContainer(engine, record, removal);
}

/** The same for whoever holds the container's lock. */
export async function destroyContainer(
  { host, store }: Removing,
  record: ContainerRecord | undefined,
  { volumes }: Removal,
): Promise<void> {
  if (record === undefined) return;
  const { id, spec } = record;
  store.containers.change(id, (state) => ({ ...state, status: 'removing' }));
  const { provider } = await host.storage(spec.driver);
  await provider.remove(spec.snapshot.key);
  const anonymous = spec.mounts.flatMap((mount) => (mount.type === 'volume' && mount.anonymous ? [mount.name] : []));
  await removeTree(store.places.container(id));
  store.containers.remove(id);
  for (const name of volumes ? anonymous : [])
    await store.volumes.remove(name, () => store.containers.all().some((other) => usesVolume(other, name)));
}

/** Takes away what killed processes were making or removing. */
export async function sweepContainers(engine: Engine): Promise<void> {
  const { containers } = engine.store;
  for (const record of containers.all()) {
    const { status } = record.state;
    if ((status !== 'creating' && status !== 'removing') || containers.isSupervised(record.id)) continue;
    await removeContainer(engine, record, { volumes: status === 'creating' });
  }
}
