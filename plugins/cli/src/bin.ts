import { availableParallelism, constants } from 'node:os';
import { type PendingTap, VarveError } from '@varve/core';
import { Run } from './run.ts';

/**
 * Milliseconds in which a second signal is the first one again: `npm`, `timeout` and our own launcher pass on what the terminal or the
 * group has sent already.
 */
const ECHO = 500;

useAllCores();
const controller = new AbortController();
let stoppedAt = 0;
const run = new Run(
  {
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
  },
  controller.signal,
);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosed);

let settled = false;
process.once('beforeExit', () => {
  if (!settled) process.exitCode = run.fail(stuck(run.pending));
});
void main();

async function main(): Promise<void> {
  const code = await run.main(process.argv.slice(2));
  settled = true;
  await new Promise(setImmediate); // an output that could not be written says so only now
  // What is still open (idle connections, say) has nothing to do any more.
  process.exit(code);
}

/** Node compresses and reads files on a pool of four threads, which it starts when the first of them is wanted. */
function useAllCores(): void {
  const cores = availableParallelism();
  if (cores > 2) process.env.UV_THREADPOOL_SIZE ??= String(cores + 2);
}

/** The first signal lets the command clean up; a second one is for those who do not want to wait. */
function stop(signal: NodeJS.Signals): void {
  const exitCode = 128 + constants.signals[signal];
  const isEcho = performance.now() - stoppedAt < ECHO;
  if (controller.signal.aborted && isEcho) return;
  if (controller.signal.aborted) process.exit(exitCode);
  stoppedAt = performance.now();
  controller.abort(new VarveError('ABORTED', `Stopped by ${signal}`, { exitCode }));
}

/** A reader that had enough (`varve images | head -1`) is no error of ours. */
function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.exit(run.fail(error));
}

/** Nothing is left that could wake this process, and yet the command has not ended. */
function stuck(pending: readonly PendingTap[]): VarveError {
  const [first] = pending;
  const names = pending.map(({ plugin, hook }) => `${plugin} never answered hook "${hook}"`);
  if (first === undefined) return new VarveError('COMMAND_STUCK', 'The command neither ended nor waits for anything');
  return new VarveError('PLUGIN_STUCK', names.join('\n  '), { plugin: first.plugin, hint: 'A tap must return, or throw.' });
}
