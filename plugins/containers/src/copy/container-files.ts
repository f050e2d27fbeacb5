import { type Invocation, VarveError } from '@varve/core';
import { RootView } from '@varve/core/system';
import { ask, SpawnedSupervisor } from '../client/supervisors.ts';
import { isUp } from '../describe/status.ts';
import { type Engine, restoreLayers } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';

/** The files of a container, while nobody in it can change them. */
export interface ContainerFiles extends AsyncDisposable {
  readonly view: RootView;
}

/**
 * Opens a container's files for this process. One that runs is paused meanwhile: its processes could otherwise put a symlink where a
 * directory was looked at, and lead whoever copies out of it. One that does not run is mounted in a namespace of its own.
 * @throws VarveError `CONTAINER_PAUSE` where it cannot be paused
 */
export async function openFiles(engine: Engine, record: ContainerRecord, { again }: Pick<Invocation, 'again'>): Promise<ContainerFiles> {
  const { status, pid } = record.state;
  if (isUp(record) && pid === undefined)
    throw new VarveError('CONTAINER_PAUSE', 'The files of a running container cannot be reached with its executor', {
      hint: 'Stop it first.',
    });
  if (status === 'paused') return { view: new RootView(`/proc/${pid}/root/.`), [Symbol.asyncDispose]: async () => undefined };
  if (status === 'running') return await openRunning(engine, record);
  await restoreLayers(engine, record);
  const held = new SpawnedSupervisor(engine.store, record, { again, hold: true });
  const close = async () => {
    held.connection.socket.end();
    await held.connection.closed;
  };
  try {
    const answer = await held.connection.answer();
    if (answer?.kind !== 'done') throw held.whyEnded();
    const { pid: holder, root } = answer.value as { readonly pid: number; readonly root: string }; // what `hold` says
    return { view: withMounts(engine, record, new RootView(`/proc/${holder}/root${root}`)), [Symbol.asyncDispose]: close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function openRunning({ store }: Engine, record: ContainerRecord): Promise<ContainerFiles> {
  try {
    await ask(store, record, { op: 'pause' });
  } catch (failure) {
    if (!VarveError.is(failure) || failure.code !== 'EXECUTOR_UNSUPPORTED') throw failure;
    throw new VarveError(
      'CONTAINER_PAUSE',
      `A running container is paused while files are copied, and this one cannot be: ${failure.message}`,
      {
        cause: failure,
        hint: 'Stop it first.',
      },
    );
  }
  return {
    view: new RootView(`/proc/${record.state.pid}/root/.`),
    [Symbol.asyncDispose]: async () => void (await ask(store, record, { op: 'resume' })),
  };
}

/** What a container that runs has mounted is looked up where it comes from. */
function withMounts({ store }: Engine, { spec }: ContainerRecord, view: RootView): RootView {
  for (const mount of spec.mounts) {
    if (mount.type === 'tmpfs') continue;
    const source = mount.type === 'volume' ? store.places.volumeData(mount.name) : mount.source;
    view.mount(view.resolve(mount.target).path, { source, readOnly: mount.readOnly });
  }
  return view;
}
