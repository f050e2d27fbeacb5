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
    for (const socket of [client, upstream]) open.add(socket.once('close', () => open.delete(socket)));
    join(client, upstream);
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

function join(client: Socket, upstream: Socket): void {
  let waiting = 0;
  let hasAsked = false;
  // An agent that is told of the end too early forgets its answer.
  const endIfDone = (): void => {
    if (hasAsked && waiting === 0) upstream.end();
  };
  const ask = (message: Buffer): void => {
    if (!ALLOWED.includes(message[HEADER] ?? 0)) return void client.write(FAILURE);
    waiting++;
    upstream.write(message);
  };
  const answer = (message: Buffer): void => {
    waiting--;
    client.write(message);
    endIfDone();
  };
  client.on('data', splitMessages(ask, client));
  upstream.on('data', splitMessages(answer, upstream));
  client.on('end', () => {
    hasAsked = true;
    endIfDone();
  });
  upstream.on('close', () => client.end());
  client.on('close', () => upstream.destroy());
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const)
    socket.on('error', () => other.destroy());
}

/** Each message with its length in front; who sends one that is too long is not listened to any more. */
function splitMessages(take: (message: Buffer) => void, from: Socket): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER) {
      const length = pending.readUInt32BE(0);
      if (length === 0 || length > LIMIT) return void from.destroy();
      if (pending.length < HEADER + length) return;
      take(pending.subarray(0, HEADER + length));
      pending = pending.subarray(HEADER + length);
    }
  };
}
