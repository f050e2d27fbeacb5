import type { Invocation } from '@varve/core';
import { VarveError } from '@varve/core';
import { forEach, forEachAtOnce, isOn, listOf, textOf, usageError } from '@varve/core/command';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../client/detach-keys.ts';
import { ask } from '../client/supervisors.ts';
import { readSeconds } from '../create/read-create.ts';
import type { Engine } from '../engine.ts';
import { removeContainer, sweepContainers } from '../remove-container.ts';
import { signalName } from '../signals.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';
import { checkName } from '../state/names.ts';
import { startContainer } from './start-container.ts';
import { stopContainer, waitForEnd } from './stop-container.ts';

export async function start(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, positionals } = invocation;
  const attached = isOn(values, 'attach') || isOn(values, 'interactive');
  const detachKeys = parseDetachKeys(textOf(values, 'detach-keys') ?? DEFAULT_DETACH_KEYS);
  if (!attached)
    return await forEach(invocation, async (text) => {
      await startOne(engine, findContainer(engine.store.containers, text), invocation);
      return text;
    });
  const [text, ...others] = positionals;
  if (text === undefined || others.length > 0) throw usageError('you cannot start and attach multiple containers at once');
  const record = findContainer(engine.store.containers, text);
  refuseRunning(record);
  const streams = { stdin: isOn(values, 'interactive') && record.spec.openStdin, stdout: true, stderr: true };
  return (await startContainer(engine, record, invocation, { streams, detachKeys, sigProxy: values['sig-proxy'] !== false })) ?? 0;
}

/** One that runs already is as it should be. */
async function startOne(engine: Engine, record: ContainerRecord, invocation: Invocation): Promise<void> {
  if (record.state.status === 'running') return;
  refuseRunning(record);
  try {
    await startContainer(engine, record, invocation, { detachKeys: Buffer.alloc(0), sigProxy: false });
  } catch (failure) {
    if (!VarveError.is(failure) || failure.code !== 'CONTAINER_RUNNING') throw failure; // somebody else was first
  }
}

function refuseRunning({ id, state }: ContainerRecord): void {
  if (state.status === 'paused') throw new VarveError('CONTAINER_RUNNING', 'cannot start a paused container, try unpause instead');
  if (state.status === 'running') throw new VarveError('CONTAINER_RUNNING', `container ${id} is running already`);
}

export async function stop(engine: Engine, invocation: Invocation): Promise<number> {
  const options = stopOptions(invocation);
  return await forEachAtOnce(invocation, async (text) => {
    await stopContainer(engine, findContainer(engine.store.containers, text), options);
    return text;
  });
}

export async function restart(engine: Engine, invocation: Invocation): Promise<number> {
  const options = stopOptions(invocation);
  return await forEachAtOnce(invocation, async (text) => {
    const record = findContainer(engine.store.containers, text);
    await stopContainer(engine, record, options);
    await startOne(engine, { ...record, state: { status: 'exited' } }, invocation);
    return text;
  });
}

function stopOptions({ values, signal: stopped }: Invocation) {
  const signal = textOf(values, 'signal');
  const timeout = readSeconds('timeout', textOf(values, 'timeout') ?? textOf(values, 'time'));
  return { timeout, name: signal === undefined ? undefined : signalName(signal), signal: stopped };
}

export async function kill(engine: Engine, invocation: Invocation): Promise<number> {
  const signal = signalName(textOf(invocation.values, 'signal') ?? 'KILL');
  return await forEachAtOnce(invocation, async (text) => {
    const record = findContainer(engine.store.containers, text);
    if (record.state.status !== 'running' && record.state.status !== 'paused')
      throw new VarveError('CONTAINER_STOPPED', `cannot kill container: ${text}: container ${record.id} is not running`);
    await ask(engine.store, record, { op: 'signal', signal });
    if (signal === 'SIGKILL') await waitForEnd(engine, record, invocation);
    return text;
  });
}

export async function pause(engine: Engine, invocation: Invocation): Promise<number> {
  return await forEach(invocation, async (text) => {
    const record = findContainer(engine.store.containers, text);
    if (record.state.status === 'paused') throw new VarveError('CONTAINER_PAUSED', `container ${record.id} is already paused`);
    await ask(engine.store, record, { op: 'pause' });
    return text;
  });
}

export async function unpause(engine: Engine, invocation: Invocation): Promise<number> {
  return await forEach(invocation, async (text) => {
    const record = findContainer(engine.store.containers, text);
    if (record.state.status !== 'paused') throw new VarveError('CONTAINER_PAUSED', `container ${record.id} is not paused`);
    await ask(engine.store, record, { op: 'resume' });
    return text;
  });
}

export async function wait(engine: Engine, invocation: Invocation): Promise<number> {
  return await forEach(invocation, async (text) =>
    String(await waitForEnd(engine, findContainer(engine.store.containers, text), invocation)),
  );
}

export async function remove(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, positionals } = invocation;
  const force = isOn(values, 'force');
  if (listOf(values, 'link').length > 0 || positionals.length === 0)
    throw usageError('Expected a container, found none', 'varve rm <container>...');
  await sweepContainers(engine);
  return await forEachAtOnce(invocation, async (text) => {
    const { containers } = engine.store;
    const record = findOrForgive(() => findContainer(containers, text), { force, invocation });
    if (record === undefined) return undefined;
    const { status } = record.state;
    if (status === 'running' || status === 'paused') {
      if (!force)
        throw new VarveError(
          'CONTAINER_RUNNING',
          `cannot remove container "/${record.name}": container is ${status}: stop the container before removing or force remove`,
        );
      await stopContainer(engine, record, { name: 'SIGKILL', timeout: 0, signal: invocation.signal });
    }
    await removeContainer(engine, record, { volumes: isOn(values, 'volumes') });
    return text;
  });
}

/** `-f` of what is not there is no failure, but is told. */
function findOrForgive(
  find: () => ContainerRecord,
  { force, invocation }: { readonly force: boolean; readonly invocation: Invocation },
): ContainerRecord | undefined {
  try {
    return find();
  } catch (failure) {
    if (!force || !VarveError.is(failure) || failure.code !== 'CONTAINER_UNKNOWN') throw failure;
    invocation.stderr.write(`Error: ${failure.message}\n`);
    return undefined;
  }
}

export async function rename({ store }: Engine, { positionals }: Invocation): Promise<number> {
  const [text, name, ...others] = positionals;
  if (text === undefined || name === undefined || others.length > 0)
    throw usageError('Expected a container and a name', 'varve rename <container> <name>');
  const record = findContainer(store.containers, text);
  if (checkName(name) === record.name)
    throw new VarveError('CONTAINER_NAME', 'Renaming a container with the same name as its current name');
  store.containers.rename(record.id, checkName(name));
  return 0;
}
