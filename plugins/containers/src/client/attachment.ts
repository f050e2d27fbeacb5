import type { Readable, Writable } from 'node:stream';
import { Cleanup } from './cleanup.ts';
import type { Connection } from './connection.ts';
import { DetachKeys } from './detach-keys.ts';
import type { AttachRequest, FrameKind } from './frames.ts';
import type { TakeOutput } from './supervisors.ts';
import { isTerminal, rawMode, sizeOf, takeSignals } from './terminal.ts';

/** Streams of a command. `stdin` is asked for only where it is read: opening it costs. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export interface AttachOptions {
  readonly streams: Streams;
  readonly request: AttachRequest;
  readonly tty: boolean;
  readonly detachKeys: Buffer;
  /** Signals that come here go to the process. */
  readonly sigProxy: boolean;
  readonly signal: AbortSignal;
}

const PROXIED: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'];

/** What is shown of a process: chunks go to this command's streams, as fast as those take them. */
export function outputTo({ stdout, stderr }: Streams, connection: () => Connection | undefined): TakeOutput {
  return (kind: FrameKind, chunk: Buffer) => {
    const to = kind === 'stderr' ? stderr : stdout;
    if (to.write(chunk)) return;
    const socket = connection()?.socket;
    socket?.pause();
    to.once('drain', () => socket?.resume());
  };
}

/**
 * Ties this command's streams and signals to a process until that ends, or until the user detaches.
 * @returns its exit code; `undefined` when the user left, or the other side did
 */
export async function attach(connection: Connection, options: AttachOptions): Promise<number | undefined> {
  const { streams, request, tty, signal } = options;
  using stack = new Cleanup();
  const left = Promise.withResolvers<undefined>();
  if (request.stdin) stack.use(feed(connection, options, () => left.resolve(undefined)));
  if (tty) stack.use(followSize(connection, streams.stdout));
  if (options.sigProxy) stack.use(takeSignals(PROXIED, (name) => connection.send({ op: 'signal', signal: name })));
  else {
    const stop = (): void => left.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    stack.defer(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
  }
  const answer = await Promise.race([left.promise, connection.answer()]);
  return answer?.kind === 'exit' ? answer.exitCode : undefined;
}

function feed(connection: Connection, { streams: { stdin }, tty, detachKeys }: AttachOptions, detached: () => void): Disposable {
  const stack = new Cleanup();
  if (tty && isTerminal(stdin)) stack.use(rawMode(stdin));
  const keys = new DetachKeys(tty ? detachKeys : Buffer.alloc(0));
  const take = (chunk: Buffer): void => {
    const { pass, isDetached } = keys.take(chunk);
    if (pass.length > 0 && !connection.input(pass)) {
      stdin.pause();
      connection.socket.once('drain', () => stdin.resume());
    }
    if (isDetached) detached();
  };
  const end = (): void => connection.endInput();
  stdin.on('data', take);
  stdin.once('end', end);
  stack.defer(() => {
    stdin.off('data', take);
    stdin.off('end', end);
    stdin.pause();
  });
  return stack;
}

function followSize(connection: Connection, stdout: Writable): Disposable {
  const resize = (): void => {
    const size = sizeOf(stdout);
    if (size !== undefined) connection.send({ op: 'resize', size });
  };
  stdout.on('resize', resize);
  return { [Symbol.dispose]: () => void stdout.off('resize', resize) };
}
