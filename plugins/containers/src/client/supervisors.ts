import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { whyNotAdmin } from '@varve/core/system';
import type { ContainerStore } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { Connection } from './connection.ts';
import type { FrameKind, Request } from './frames.ts';
import { connectTo } from './unix-socket.ts';

export type TakeOutput = (stream: FrameKind, chunk: Buffer) => void;

export interface SpawnOptions {
  /** Starts this toolchain once more (`Invocation.again`). */
  readonly again: readonly string[] | undefined;
  /** Only mount the container. */
  readonly hold?: boolean;
  readonly output?: TakeOutput;
}

/** A process that outlives this one and its terminal, in a mount namespace that ends with it: whatever it mounts is gone then, too. */
export class SpawnedSupervisor {
  readonly connection: Connection;
  readonly #errors: string;

  constructor({ places }: ContainerStore, { id }: ContainerRecord, { again, hold = false, output }: SpawnOptions) {
    if (again === undefined)
      throw new VarveError('CONTAINER_SUPERVISOR', 'Nobody says how to start a supervisor for the container', {
        hint: 'Containers are started through the command line: give its invocation `again`.',
      });
    const [program = '', ...args] = [
      ...(whyNotAdmin() === undefined ? ['unshare', '--mount', '--propagation', 'slave', '--'] : []),
      ...again,
    ];
    this.#errors = join(places.container(id), 'supervisor.err');
    const fd = openSync(this.#errors, 'w', 0o600);
    try {
      const child = spawn(program, [...args, 'container', 'supervise', ...(hold ? ['--hold'] : []), id], {
        detached: true,
        stdio: ['ignore', 'ignore', fd, 'pipe'],
      });
      child.on('error', () => child.stdio[3]?.destroy());
      child.unref();
      this.connection = new Connection(child.stdio[3] as Socket, output); // a pipe is one
    } finally {
      closeSync(fd);
    }
  }

  /** For when it has ended without a word. */
  whyEnded(): VarveError {
    const said = readFileSync(this.#errors, 'utf8').trim().slice(-2000);
    return new VarveError('CONTAINER_SUPERVISOR', `The supervisor of the container ended too early${said === '' ? '' : `: ${said}`}`);
  }
}

/** @throws VarveError `CONTAINER_STOPPED` when nobody looks after the container */
export async function connectSupervisor(store: ContainerStore, { id, name }: ContainerRecord, output?: TakeOutput): Promise<Connection> {
  const socket = await connectTo(store.places.container(id));
  if (socket === undefined)
    throw new VarveError('CONTAINER_STOPPED', `container ${id} is not running`, { hint: `\`varve start ${name}\` starts it.` });
  return new Connection(socket, output);
}

/** Asks one thing. @throws VarveError what the supervisor failed with, `CONTAINER_STOPPED` */
export async function ask(store: ContainerStore, record: ContainerRecord, request: Request): Promise<unknown> {
  using connection = await connectSupervisor(store, record);
  connection.send(request);
  const answer = await connection.answer();
  if (answer === undefined) throw new VarveError('CONTAINER_STOPPED', `container ${record.id} is not running`);
  return answer.kind === 'done' ? answer.value : undefined;
}
