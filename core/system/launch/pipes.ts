import { closeSync, fchownSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import type { TerminalSize } from '../container/request.ts';
import { call } from './calls.ts';
import { Drain } from './drain.ts';
import { feed } from './feed.ts';
import { resizeTerminal } from './terminal.ts';

interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** A pipe(2), closed on exec. Node's own are sockets, which a process cannot open again through /dev/stdout. */
export function openPipe(): Pipe {
  const fds = Buffer.alloc(8);
  call('pipe2', fds, 0o2000000);
  return { read: fds.readInt32LE(0), write: fds.readInt32LE(4) };
}

export interface StdioRequest {
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
  /** Asked after each chunk: nothing more is read until it settles. */
  ready?(): Promise<void> | undefined;
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Who may open /dev/stdout and the like. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

export interface Stdio {
  /** The child's ends, open here until `handOver`. */
  readonly fds: readonly [number, number, number];
  /** The child has them now: closes them here. Idempotent. */
  handOver(): void;
  /** The child has this terminal instead, which is closed in the end. */
  attach(master: number): void;
  /** Nothing happens without a terminal. */
  resize(size: TerminalSize): void;
  /**
   * Stops feeding standard input, and settles when all output was passed on: when nobody holds its ends any more. `idle`: or when that
   * many milliseconds went by without any, since somebody may hold them for ever.
   */
  finish(options?: { readonly idle?: number }): Promise<void>;
}

/** Standard streams of a process that is about to start: three pipes. */
export function openStdio(request: StdioRequest): Stdio {
  const { stdout, stderr, stdin, owner } = request;
  const out = openPipe();
  const err = openPipe();
  const input = stdin === undefined ? undefined : openPipe();
  const fds = [input?.read ?? openSync('/dev/null', 'r'), out.write, err.write] as const;
  for (const fd of input === undefined ? fds.slice(1) : fds) fchownSync(fd, owner.uid, owner.gid);
  const feeder = input === undefined ? undefined : new Socket({ fd: input.write, readable: false, writable: true });
  const fed = feeder !== undefined && stdin !== undefined ? feed(feeder, stdin, { end: true }) : undefined;
  const reader = (fd: number, take: (chunk: Uint8Array) => void): Drain =>
    new Drain(new Socket({ fd, readable: true, writable: false }), { take, ready: request.ready?.bind(request) });
  const drains = [reader(out.read, stdout), reader(err.read, stderr)];
  return {
    fds,
    handOver: closeOnce(fds),
    attach: (master) => closeSync(master),
    resize: () => undefined,
    async finish({ idle } = {}) {
      feeder?.destroy();
      await Promise.all([fed, ...drains.map(async (drain) => await drain.finish(idle))]);
    },
  };
}

/** The same for a process with a terminal, whose output is one stream. */
export function openTerminalStdio(request: StdioRequest): Stdio {
  const nothing = openSync('/dev/null', 'r+');
  const fds = [nothing, nothing, nothing] as const;
  let drain: Drain | undefined;
  let stream: ReadStream | undefined;
  let fd: number | undefined;
  let fed: Promise<void> | undefined;
  return {
    fds,
    handOver: closeOnce([nothing]),
    attach(master) {
      fd = master;
      stream = new ReadStream(master);
      drain = new Drain(stream, { take: request.stdout, ready: request.ready?.bind(request) });
      if (request.stdin !== undefined) fed = feed(stream, request.stdin, { end: false });
    },
    resize(size) {
      if (fd !== undefined && stream?.destroyed === false) resizeTerminal(fd, size);
    },
    async finish({ idle } = {}) {
      await drain?.finish(idle);
      stream?.destroy();
      await fed;
    },
  };
}

function closeOnce(fds: readonly number[]): () => void {
  let open = true;
  return () => {
    if (open) for (const fd of fds) closeSync(fd);
    open = false;
  };
}
