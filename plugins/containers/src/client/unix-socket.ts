import { closeSync, constants, openSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';

const NAME = 'socket';

/** Paths of sockets end after 107 bytes, those of stores need not: an open directory makes every path short. */
function withShortPath<T>(dir: string, use: (path: string) => T): { readonly value: T; readonly close: () => void } {
  const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  try {
    return { value: use(`/proc/self/fd/${fd}/${NAME}`), close };
  } catch (failure) {
    close();
    throw failure;
  }
}

/** Listens at a directory; the caller has removed what was left of another. */
export function listenIn(dir: string, take: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, take);
  return new Promise((done, fail) => {
    const { close } = withShortPath(dir, (path) => server.listen({ path }));
    server.once('error', (failure) => {
      close();
      fail(failure);
    });
    server.once('listening', () => {
      done(server);
      server.once('close', close); // the path is unlinked then
    });
  });
}

/** Of a socket that is no more, that was left, and that was closed before it let anybody in. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET'];

/** `undefined`: nobody listens there. */
export function connectTo(dir: string): Promise<Socket | undefined> {
  return new Promise((done, fail) => {
    let opened: { readonly value: Socket; readonly close: () => void };
    try {
      opened = withShortPath(dir, (path) => connect({ path, allowHalfOpen: true }));
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'ENOENT') done(undefined);
      else fail(failure);
      return;
    }
    const { value: socket, close } = opened;
    socket.once('connect', () => {
      close();
      socket.removeAllListeners('error');
      done(socket);
    });
    socket.once('error', (failure: NodeJS.ErrnoException) => {
      close();
      if (NOBODY.includes(failure.code ?? '')) done(undefined);
      else fail(failure);
    });
  });
}
