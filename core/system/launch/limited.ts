import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/errors.ts';
import { call } from './calls.ts';
import type { LaunchEvent, LaunchMessage, LaunchOrder } from './plan.ts';
import { entryFile, execArguments } from './thread.ts';

type Started = Extract<LaunchEvent, { readonly kind: 'started' }>;

/** Files of the helper become files of this process. */
function takeFiles(event: Started, helper = -1): Started {
  const { terminal, namespace } = event;
  if (terminal === undefined && namespace === undefined) return event;
  const pidfd = call('pidfd_open', helper, 0);
  const take = (fd: number): number => call('pidfd_getfd', pidfd, fd, 0);
  try {
    return {
      ...event,
      terminal: terminal === undefined ? undefined : take(terminal),
      namespace: namespace && { ...namespace, fd: take(namespace.fd) },
    };
  } finally {
    closeSync(pidfd);
  }
}

/**
 * Gives an order to a process of its own. Limits are those of a process and cannot be raised again, so a thread of this one cannot set
 * them for a child; nor can it enter control groups of version 2. This takes a tenth of a second longer.
 */
export function orderLimited(order: Omit<LaunchOrder, 'id'>, listen: (event: LaunchEvent) => void): () => void {
  const helper = spawn(process.execPath, [...execArguments(), fileURLToPath(entryFile('helper'))], {
    stdio: ['ignore', 'ignore', 'pipe', ...order.stdio, 'ipc'],
    serialization: 'advanced',
    detached: true, // what is typed to end this process is not meant for it
  });
  const errors: string[] = [];
  const fail = (message: string): void => listen({ kind: 'failed', message, broken: true });
  helper.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  let held: number | undefined;
  helper.on('message', ({ event }: LaunchMessage) => {
    if (event.kind !== 'started') return listen(event);
    const started = takeFiles(event, helper.pid);
    held = started.namespace?.fd;
    listen(started);
  });
  helper.once('error', (cause) => fail(messageOf(cause)));
  helper.once('exit', (code) => fail(errors.join('').trim() || `the launching process ended with ${code}`));
  helper.send({ ...order, id: 0, stdio: [3, 4, 5] } satisfies LaunchOrder);
  return () => {
    helper.removeAllListeners();
    helper.once('error', () => undefined);
    if (helper.connected) helper.disconnect();
    if (held !== undefined) closeSync(held);
  };
}
