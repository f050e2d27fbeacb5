import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import { IMAGES, LAYERS, VarveError } from '@varve/core';
import { cleanPath, type FileTree, MergedTree } from '@varve/core/archive';
import { type Abortable, asSnapshotKey, type Image } from '@varve/core/image';
import { removeTree, tryLock } from '@varve/core/system';
import { isUp } from '../describe/status.ts';
import { type Engine, openSnapshots } from '../engine.ts';
import { destroyContainer } from '../remove-container.ts';
import { signalName } from '../signals.ts';
import type { ContainerMount, ContainerRecord, ContainerSpec } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';
import { checkName, randomId, randomName } from '../state/names.ts';
import { usesVolume } from '../state/volume-table.ts';
import { configOf } from './config-of.ts';
import type { AskedMount, CreateRequest } from './create-request.ts';
import { findOrPull } from './find-image.ts';

interface Options extends Abortable {
  /** Told of pulling. */
  readonly stderr?: Writable | undefined;
}

/**
 * Makes a container that does not run yet: a row, a directory, a snapshot on the image's layers, and its volumes. When this process is
 * killed meanwhile, whoever comes next takes away what there is.
 * @throws VarveError `CONTAINER_…`, `IMAGE_UNKNOWN`
 */
export async function createContainer(engine: Engine, request: CreateRequest, { signal, stderr }: Options): Promise<ContainerRecord> {
  const { host, store } = engine;
  const name = request.name === undefined ? undefined : checkName(request.name);
  const image = await findOrPull(engine, request, { signal, stderr });
  const opened = await host.get(IMAGES).open(image);
  const config = configOf(opened.config.config, request);
  const { driver, snapshots } = await openSnapshots(host);
  const mounts = withVolumes(engine, request, Object.keys(config.Volumes ?? {}));
  const id = randomId();
  const key = asSnapshotKey(`container-${id.slice(0, 32)}`);
  const spec: ContainerSpec = {
    image: { name: request.image, manifest: image.descriptor.digest, id: image.id },
    driver: driver.name,
    snapshot: { key, parent: null, openedAt: '0' },
    config,
    mounts: [],
    ...settingsOf(request, { id, stopSignal: config.StopSignal }),
  };
  mkdirSync(store.places.container(id), { recursive: true, mode: 0o700 });
  using held = tryLock(store.places.lock(id));
  if (held === undefined) throw new Error(`${store.places.lock(id)} is locked by somebody else`);
  let record: ContainerRecord | undefined;
  try {
    record = add(engine, { id, name, spec });
    const parent = await snapshots.unpack(opened.layers, { signal });
    const snapshot = await snapshots.keep(key, parent, { signal });
    const named = mounts.map((mount) => nameVolume(engine, mount));
    store.containers.setSpec(id, { ...spec, snapshot, mounts: named });
    await fillVolumes(engine, named, opened, { signal });
    // Who asks for a layer keeps collections waiting: what is here now stays until the container is seen to need it
    for (const layer of opened.layers.slice(0, 1)) await host.get(LAYERS).get(layer.id);
    if ((await host.get(IMAGES).find(image.descriptor.digest)) === undefined)
      throw new VarveError('IMAGE_UNKNOWN', `No such image: ${request.image}`, { hint: 'It was removed meanwhile.' });
    return store.containers.change(id, () => ({ status: 'created' }));
  } catch (failure) {
    if (record === undefined) await removeTree(store.places.container(id));
    else await destroyContainer(engine, store.containers.byId(id), { volumes: true });
    throw failure;
  }
}

function settingsOf(request: CreateRequest, { id, stopSignal }: { readonly id: string; readonly stopSignal: string | undefined }) {
  const { network } = request;
  return {
    executor: request.executor,
    hostname: request.hostname ?? (network === 'host' ? hostname() : id.slice(0, 12)),
    tty: request.tty,
    openStdin: request.openStdin,
    stdinOnce: request.stdinOnce,
    network,
    hosts: request.hosts,
    dns: request.dns,
    readOnly: request.readOnly,
    privileged: request.privileged,
    capabilities: request.capabilities,
    devices: request.devices,
    limits: request.limits,
    ulimits: request.ulimits,
    init: request.init,
    noNewPrivileges: request.noNewPrivileges,
    ports: request.ports,
    shmSize: request.shmSize,
    stopSignal: stopSignal === undefined || stopSignal === '' ? 'SIGTERM' : signalName(stopSignal),
    stopTimeout: request.stopTimeout ?? 10,
    autoRemove: request.autoRemove,
    log: request.log,
  };
}

function add(
  { store }: Engine,
  { id, name, spec }: { readonly id: string; readonly name: string | undefined; readonly spec: ContainerSpec },
): ContainerRecord {
  for (let attempt = 0; ; attempt++) {
    const record = { id, name: name ?? randomName(attempt), createdAt: Date.now(), spec, state: { status: 'creating' as const } };
    try {
      store.containers.add(record);
      return record;
    } catch (failure) {
      if (name === undefined && attempt < 20 && VarveError.is(failure) && failure.code === 'CONTAINER_NAME') continue;
      throw failure;
    }
  }
}

/** Everything asked for, those of other containers, and one for each VOLUME of the image that nothing else covers. */
function withVolumes({ store }: Engine, { mounts, volumesFrom }: CreateRequest, declared: readonly string[]): readonly AskedMount[] {
  const all = new Map<string, AskedMount>();
  for (const path of declared) {
    const target = `/${cleanPath(path)}`;
    if (target !== '/') all.set(target, { type: 'volume', target, readOnly: false, anonymous: true, copy: true });
  }
  for (const { container, readOnly } of volumesFrom)
    for (const mount of findContainer(store.containers, container).spec.mounts)
      if (mount.type !== 'tmpfs') all.set(mount.target, { ...mount, readOnly: mount.readOnly || readOnly });
  for (const mount of mounts) all.set(mount.target, mount);
  return [...all.values()].sort((a, b) => (a.target < b.target ? -1 : 1)); // a mount over a part of another comes after it
}

function nameVolume({ store }: Engine, mount: AskedMount): ContainerMount {
  if (mount.type !== 'volume') return mount;
  return { ...mount, name: store.volumes.create({ name: mount.name }).name };
}

async function fillVolumes({ store }: Engine, mounts: readonly ContainerMount[], { layers }: Image, { signal }: Abortable): Promise<void> {
  let tree: FileTree | undefined;
  for (const mount of mounts)
    if (mount.type === 'volume' && mount.copy) {
      tree ??= await MergedTree.of(layers, { signal });
      const isBusy = () => store.containers.all().some((other) => isUp(other) && usesVolume(other, mount.name));
      await store.volumes.fill(mount.name, { tree, target: mount.target, isBusy, signal });
    }
}
