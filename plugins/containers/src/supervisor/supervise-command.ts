import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, VarveError } from '@varve/core';
import { type FileLock, tryLock } from '@varve/core/system';
import { takeSignals } from '../client/terminal.ts';
import { isUp } from '../describe/status.ts';
import type { ContainerStore } from '../engine.ts';
import { unknownContainer } from '../state/container-table.ts';

/** File that connects a supervisor with whoever started it. */
export const FIRST_FD = 3;

/** Started by other commands, for each container that runs: it outlives them. */
export const superviseCommand = (store: ContainerStore): Command => ({
  name: 'container supervise',
  summary: 'Look after a container',
  usage: '<container>',
  hidden: true,
  options: { hold: { type: 'boolean', description: 'mount it, and no more' } },
  async run({ host, positionals: [id = ''], values }) {
    const { Supervisor } = await import('./supervisor.ts');
    const { Session } = await import('./session.ts');
    process.chdir('/');
    const first = new Socket({ fd: FIRST_FD, readable: true, writable: true, allowHalfOpen: true });
    try {
      const held = await hold(store, id);
      const record = store.containers.byId(id);
      if (record === undefined) throw unknownContainer(id);
      if (record.state.status === 'removing' || record.state.status === 'creating')
        throw new VarveError('CONTAINER_STOPPED', `Container ${id} is marked for removal and cannot be started`);
      const supervisor = new Supervisor({ host, store }, record, held);
      // A terminal's are not meant for it; the last one comes when the machine stops
      using _taken = takeSignals(['SIGINT', 'SIGHUP', 'SIGTERM'], (name) => name === 'SIGTERM' && supervisor.stop());
      await (values.hold === true ? supervisor.hold(first) : supervisor.serve(first));
      return 0;
    } catch (failure) {
      const session = new Session(first);
      session.fail(failure);
      await session.closed;
      return 1;
    }
  },
});

/** Milliseconds in which another supervisor, or whoever makes or removes the container, must be done. */
const PATIENCE = 20_000;

/** @throws VarveError `CONTAINER_RUNNING` when another supervisor has it running, `CONTAINER_SUPERVISOR` when nobody lets go of it */
async function hold({ places, containers }: ContainerStore, id: string): Promise<FileLock> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(20)) {
    const held = tryLock(places.lock(id));
    if (held !== undefined) return held;
    const record = containers.byId(id);
    if (record !== undefined && isUp(record)) throw new VarveError('CONTAINER_RUNNING', `container ${id} is running already`);
  }
  throw new VarveError('CONTAINER_SUPERVISOR', `Another process holds container ${id}, and does not let go of it`);
}
