import { Socket } from 'node:net';
import { type Command, VarveError } from '@varve/core';
import { lock } from '@varve/core/system';
import { takeSignals } from '../client/terminal.ts';
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
      const held = await lock(store.places.lock(id), { signal: AbortSignal.timeout(20_000) });
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
