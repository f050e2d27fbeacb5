import { type Invocation, STORE_STATE, VarveError } from '@varve/core';
import { attach, outputTo } from '../client/attachment.ts';
import type { Connection } from '../client/connection.ts';
import type { AttachRequest } from '../client/frames.ts';
import { SpawnedSupervisor } from '../client/supervisors.ts';
import { sizeOf } from '../client/terminal.ts';
import { type Engine, restoreLayers } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';

type Caller = Pick<Invocation, 'again' | 'signal' | 'stdout' | 'stderr'> & { readonly stdin: Invocation['stdin'] };

export interface StartOptions {
  /** Which streams to tie to it; without, it runs by itself. */
  readonly streams?: Omit<AttachRequest, 'size'> | undefined;
  readonly detachKeys: Buffer;
  readonly sigProxy: boolean;
  /** Called when it runs. */
  readonly started?: () => void;
}

/**
 * Starts a container that was made.
 * @returns the exit code of its process; `undefined` when nobody waits for that
 * @throws VarveError what keeps it from running; `exitCode` 127 or 126 where it is the program
 */
export async function startContainer(
  engine: Engine,
  record: ContainerRecord,
  caller: Caller,
  options: StartOptions,
): Promise<number | undefined> {
  const { streams, detachKeys, sigProxy } = options;
  await restoreLayers(engine, record, caller);
  let connection: Connection | undefined;
  const supervisor = new SpawnedSupervisor(engine.store, record, { again: caller.again, output: outputTo(caller, () => connection) });
  connection = supervisor.connection;
  const { tty } = record.spec;
  const request = streams === undefined ? undefined : { ...streams, size: sizeOf(caller.stdout) };
  try {
    connection.send({ op: 'start', attach: request });
    const answer = await connection.answer();
    if (answer?.kind !== 'started') throw supervisor.whyEnded();
    options.started?.();
    engine.host.get(STORE_STATE).release?.(); // its record keeps what it stands on; collections need not wait for its end
    if (request === undefined) return undefined;
    const exitCode = await attach(connection, { streams: caller, request, tty, detachKeys, sigProxy, signal: caller.signal });
    if (exitCode === undefined && engine.store.containers.byId(record.id)?.state.status === 'exited') throw lost(record);
    return exitCode;
  } finally {
    connection[Symbol.dispose]();
  }
}

const lost = ({ id }: ContainerRecord): VarveError =>
  new VarveError('CONTAINER_SUPERVISOR', `The supervisor of container ${id} was killed, and the container with it`, { exitCode: 137 });
