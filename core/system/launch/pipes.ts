import { closeSync, fchownSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { call } from './calls.ts';

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
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Who may open /dev/stdout and the like. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

export interface Stdio {
  /** The child's ends, open here until `handOver`. */
  readonly fds: readonly [number, number, number];
  /** The child has them now: closes them here. Idempotent. */
  handOver(): void;
  /** Settles when nobody holds the output's ends any more and all of it was passed on. */
  readonly drained: Promise<void>;
  /** Stops feeding standard input. */
  stop(): void;
}

/** Standard streams of a process that is about to start. */
export function openStdio({ stdout, stderr, stdin, owner }: StdioRequest): Stdio {
  const out = openPipe();
  const err = openPipe();
  const input = stdin === undefined ? undefined : openPipe();
  const fds = [input?.read ?? openSync('/dev/null', 'r'), out.write, err.write] as const;
  for (const fd of input === undefined ? fds.slice(1) : fds) fchownSync(fd, owner.uid, owner.gid);
  const feeder = input === undefined || stdin === undefined ? undefined : new Socket({ fd: input.write, readable: false, writable: true });
  if (feeder !== undefined && stdin !== undefined) void feed(feeder, stdin);
  let open = true;
  return {
    fds,
    drained: Promise.all([drain(out.read, stdout), drain(err.read, stderr)]).then(() => undefined),
    handOver() {
      if (open) for (const fd of fds) closeSync(fd);
      open = false;
    },
    stop: () => void feeder?.destroy(),
  };
}

function drain(fd: number, take: (chunk: Uint8Array) => void): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: false });
  return new Promise((done, fail) => {
    socket.on('data', take);
    socket.on('error', fail);
    socket.on('close', () => done());
  });
}

/** A process may end before it has read everything, or close its input: that is its affair. */
async function feed(to: Socket, source: AsyncIterable<Uint8Array>): Promise<void> {
  const closed = new Promise<void>((done) => {
    to.on('error', () => undefined);
    to.on('close', () => done());
  });
  try {
    for await (const chunk of source) {
      if (to.destroyed) return;
      if (!to.write(chunk)) await Promise.race([closed, new Promise((done) => to.once('drain', done))]);
    }
    to.end();
  } catch {
    to.destroy(); // the source failed: whoever made it knows; the process sees the end of its input
  }
}
