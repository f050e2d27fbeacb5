import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Numbers of messages (draft-ietf-sshm-ssh-agent, section 6.1). */
const FAILURE = Buffer.from([0, 0, 0, 1, 5]);
/** List the keys, sign, and extensions, which bind a session to a host. A build may not change what the agent holds. */
const ALLOWED: readonly number[] = [11, 13, 27];
/** Bytes of one message; what OpenSSH takes. */
const LIMIT = 256 << 10;
const HEADER = 4;

/** Listens on a socket of its own for processes of a build, and passes on to an agent what only uses its keys. */
export async function forwardAgent(agent: string, listenAt: string): Promise<Disposable> {
  const open = new Set<Socket>();
  // Half-closed: whoever has asked all may still wait for the answers.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect(agent);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', filterRequests(upstream, client));
    client.on('end', () => upstream.end());
  });
  server.listen(listenAt);
  await once(server, 'listening');
  return {
    [Symbol.dispose](): void {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Answers are in the order of the requests, so a refused one waits for nobody: clients ask one at a time. */
function filterRequests(upstream: Socket, client: Socket): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length > HEADER) {
      const length = pending.readUInt32BE(0);
      if (length === 0 || length > LIMIT) return void client.destroy();
      if (pending.length < HEADER + length) return;
      const message = pending.subarray(0, HEADER + length);
      if (ALLOWED.includes(message[HEADER] ?? 0)) upstream.write(message);
      else client.write(FAILURE);
      pending = pending.subarray(HEADER + length);
    }
  };
}
