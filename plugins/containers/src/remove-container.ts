import { existsSync, readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '@varve/core';
import { type FileLock, removeTree, tryLock } from '@varve/core/system';
import { isUp } from './describe/status.ts';
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

/** Milliseconds that a supervisor may take to let go of a container that has ended. */
const PATIENCE = 20_000;

/**
 * Takes a container away that does not run. Whoever comes after a process that was killed in between goes on where it was.
 * @throws VarveError `CONTAINER_RUNNING` while somebody looks after it
 */
export async function removeContainer(engine: Removing, { id }: ContainerRecord, removal: Removal): Promise<void> {
  const { places, containers } = engine.store;
  if (!existsSync(places.container(id))) return await destroyContainer(engine, containers.byId(id), removal);
  using held = await holdContainer(engine, id);
  const record = containers.byId(id);
  if (record === undefined) return;
  if (held === undefined)
    throw new VarveError(
      'CONTAINER_RUNNING',
      `cannot remove container "/${record.name}": container is ${record.state.status}: stop the container before removing or force remove`,
    );
  await destroyContainer(engine, record, removal);
}

/** `undefined`: it runs, or is gone. */
async function holdContainer({ store: { places, containers } }: Removing, id: string): Promise<FileLock | undefined> {
  for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
    if (!existsSync(places.container(id))) return undefined;
    const held = tryLockIn(places.lock(id));
    const record = containers.byId(id);
    if (held !== undefined || record === undefined || isUp(record) || Date.now() > end) return held;
  }
}

/** Its directory may go meanwhile. */
function tryLockIn(path: string): FileLock | undefined {
  try {
    return tryLock(path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure;
  }
}

/** The same for whoever holds the container's lock. */
export async function destroyContainer(
  { host, store }: Removing,
  record: ContainerRecord | undefined,
  { volumes }: Removal,
): Promise<void> {
  if (record === undefined) return;
  const { id, spec } = record;
  if (!store.containers.setRemoving(id)) return; // somebody else has removed it
  const { provider } = await host.storage(spec.driver);
  await provider.remove(spec.snapshot.key);
  const anonymous = spec.mounts.flatMap((mount) => (mount.type === 'volume' && mount.anonymous ? [mount.name] : []));
  await removeTree(store.places.container(id));
  store.containers.remove(id);
  for (const name of volumes ? anonymous : [])
    await store.volumes.remove(name, () => store.containers.all().some((other) => usesVolume(other, name)));
}

/**
 * Takes away what killed processes were making or removing, and containers whose supervisors could not remove them at their end. Under
 * its lock a container is what its row says.
 */
export async function sweepContainers(engine: Removing): Promise<void> {
  await sweepDirectories(engine);
  const { containers, places } = engine.store;
  for (const { id } of containers.all().filter(isLeft)) {
    if (!existsSync(places.container(id))) {
      await removeUnmade(engine, id);
      continue;
    }
    using held = tryLockIn(places.lock(id));
    const record = containers.byId(id);
    if (held !== undefined && record !== undefined && (isLeft(record) || wasLeftRunning(record)))
      await destroyContainer(engine, record, { volumes: record.state.status !== 'removing' });
  }
}

const isLeft = ({ state: { status }, spec }: ContainerRecord): boolean =>
  status === 'creating' || status === 'removing' || (status === 'exited' && spec.autoRemove);

/** The same for somebody who has its lock, to whom one whose supervisor was killed seems to run. */
const wasLeftRunning = (record: ContainerRecord): boolean => isUp(record) && record.spec.autoRemove;

/** Milliseconds after which a directory that no row knows was left: its maker writes the row at once. */
const UNKNOWN = 60_000;

async function sweepDirectories({ store: { places, containers } }: Removing): Promise<void> {
  for (const id of existsSync(places.containers) ? readdirSync(places.containers) : []) {
    const age = Date.now() - (statSync(places.container(id), { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age < UNKNOWN || containers.byId(id) !== undefined) continue;
    using held = tryLockIn(places.lock(id));
    if (held !== undefined && containers.byId(id) === undefined) await removeTree(places.container(id));
  }
}

/** Only its row is left: the directory goes last but one. */
async function removeUnmade(engine: Removing, id: string): Promise<void> {
  await destroyContainer(engine, engine.store.containers.byId(id), { volumes: false });
}
