import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { ask, connectSupervisor } from '../client/supervisors.ts';
import type { Engine } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';

export interface StopOptions extends Abortable {
  /** Of the signal. Default: the container's. */
  readonly name?: NodeJS.Signals | undefined;
  /** Seconds until it is killed; negative: never. Default: the container's. */
  readonly timeout?: number | undefined;
}

/** Asks the process to end, and kills it when it does not. A container that does not run is as it should be. */
export async function stopContainer(engine: Engine, record: ContainerRecord, options: StopOptions): Promise<void> {
  const { store } = engine;
  const { status } = record.state;
  if (status !== 'running' && status !== 'paused') return;
  const { name = record.spec.stopSignal as NodeJS.Signals, timeout = record.spec.stopTimeout } = options; // `signalName` checked it
  const ended = waitForEnd(engine, record, options);
  ended.catch(() => undefined); // it is awaited below
  if (status === 'paused') await quietly(ask(store, record, { op: 'resume' }));
  await quietly(ask(store, record, { op: 'signal', signal: name }));
  if (name !== 'SIGKILL' && timeout >= 0) {
    const timer = new AbortController();
    const late = sleep(timeout * 1000, 'late' as const, { signal: timer.signal }).catch(() => undefined);
    const first = await Promise.race([ended, late]);
    timer.abort();
    if (first === 'late') await quietly(ask(store, record, { op: 'signal', signal: 'SIGKILL' }));
  }
  await ended;
}

/** Its exit code, once it has one. Whoever is stopped waits no more; the container goes on. */
export async function waitForEnd({ store }: Engine, record: ContainerRecord, { signal }: Abortable = {}): Promise<number> {
  for (;;) {
    const now = store.containers.byId(record.id);
    if (now === undefined) return 0; // removed meanwhile, and nobody knows any more
    if (now.state.status !== 'running' && now.state.status !== 'paused') return now.state.exitCode ?? 0;
    try {
      using connection = await connectSupervisor(store, record);
      connection.send({ op: 'wait' });
      const answer = await unlessAborted(connection.answer(), signal);
      if (answer?.kind === 'exit') return answer.exitCode;
    } catch (failure) {
      if (!VarveError.is(failure) || failure.code !== 'CONTAINER_STOPPED') throw failure;
    }
    await sleep(20); // its supervisor is ending, or was killed: the next look tells
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** It may have ended meanwhile. */
async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (failure) {
    if (!VarveError.is(failure) || failure.code !== 'CONTAINER_STOPPED') throw failure;
  }
}
