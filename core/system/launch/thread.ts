import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../src/errors.ts';
import type { LaunchEvent, LaunchMessage, LaunchOrder, Privileges } from './plan.ts';
import { reap } from './reaper.ts';

/** A file beside this one that is started by its path: source or compiled, as this one is. */
export const entryFile = (name: 'worker' | 'helper'): URL =>
  new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** What of this process's options another needs to find the same modules. */
export const execArguments = (): string[] => process.execArgv.filter((option) => option.startsWith('--conditions='));

/** A thread that starts processes, one after the other; those it has started run beside each other. */
export class LaunchThread {
  readonly #worker: Worker;
  readonly #listeners = new Map<number, (event: LaunchEvent) => void>();
  #orders = 0;
  /** It has ended, or is of no use any more. */
  broken = false;

  constructor(privileges: Privileges) {
    this.#worker = new Worker(entryFile('worker'), {
      workerData: { capabilities: privileges.capabilities, noNewPrivileges: privileges.noNewPrivileges === true } satisfies Privileges,
      env: {},
      execArgv: execArguments(),
      trackUnmanagedFds: false,
    });
    this.#worker.on('message', ({ id, event }: LaunchMessage) => {
      if (event.kind === 'failed' && event.broken) this.broken = true;
      const listen = this.#listeners.get(id);
      listen?.(event);
      // Children are those of the process, and a thread gets no signals.
      if (event.kind === 'started') reap(event.pid, (ending) => listen?.({ kind: 'ended', ...ending }));
    });
    this.#worker.on('error', (failure) => this.#fail(messageOf(failure)));
    this.#worker.on('exit', () => this.#fail('the launching thread ended'));
    this.#worker.unref(); // after listening, which holds the process: a thread with nothing to do does not keep it from ending
  }

  /** Events go to `listen` until what it returns is called, when everything that was started has ended. */
  order(order: Omit<LaunchOrder, 'id'>, listen: (event: LaunchEvent) => void): () => void {
    this.#orders += 1;
    const id = this.#orders;
    let held: number | undefined;
    this.#listeners.set(id, (event) => {
      if (event.kind === 'started') held = event.namespace?.fd; // a file of this process: the thread shares them
      listen(event);
    });
    this.#worker.ref();
    this.#worker.postMessage({ ...order, id } satisfies LaunchOrder);
    return () => {
      this.#listeners.delete(id);
      if (held !== undefined) closeSync(held);
      if (this.#listeners.size === 0) this.#worker.unref();
    };
  }

  #fail(message: string): void {
    this.broken = true;
    for (const listen of [...this.#listeners.values()]) listen({ kind: 'failed', message, broken: true });
  }
}

const threads = new Map<string, LaunchThread>();

/** The thread for processes with these privileges; starting it takes a while, so it may be asked for before there is a process. */
export function launchThread(privileges: Privileges): LaunchThread {
  const key = `${privileges.capabilities.toString()} ${privileges.noNewPrivileges === true}`;
  const known = threads.get(key);
  if (known !== undefined && !known.broken) return known;
  const thread = new LaunchThread(privileges);
  threads.set(key, thread);
  return thread;
}
