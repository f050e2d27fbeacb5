import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { messageOf, VarveError } from '@varve/core';
import { HOST_ENV } from '@varve/core/system';

/**
 * An agent that holds some private keys, until it is disposed of. It also ends, in seconds, when this process is killed: it watches a
 * program that reads from here.
 *
 * @throws VarveError `SSH_KEY`, `SSH_UNSUPPORTED`
 */
export async function startKeyAgent(keys: readonly string[], socket: string): Promise<Disposable> {
  const watched = ['cat', '/proc/self/environ', '-'];
  const child = spawn('ssh-agent', ['-a', socket, ...watched], { env: HOST_ENV, stdio: ['pipe', 'pipe', 'ignore'] });
  const pid = await pidOf(child);
  const ended: Disposable = {
    [Symbol.dispose](): void {
      process.kill(pid, 'SIGKILL'); // otherwise it removes its socket, while others remove the directory
      child.stdin.end();
    },
  };
  try {
    for (const key of keys) await addKey(key, socket);
    return ended;
  } catch (failure) {
    ended[Symbol.dispose]();
    throw failure;
  }
}

/** The agent tells the program what its own process is. */
async function pidOf(child: ChildProcess): Promise<number> {
  const said = Promise.withResolvers<string>();
  child.once('error', said.reject);
  child.once('exit', (code) => said.reject(new Error(`it ended with ${code}`)));
  child.stdout?.once('data', (chunk: Buffer) => said.resolve(chunk.toString('latin1')));
  try {
    const pid = Number(/(?:^|\0)SSH_AGENT_PID=(\d+)\0/.exec(await said.promise)?.[1]);
    if (pid > 0) return pid;
    child.stdin?.end();
    throw new Error('it does not say its process');
  } catch (cause) {
    throw new VarveError('SSH_UNSUPPORTED', `Keys need an agent, and ssh-agent does not start: ${messageOf(cause)}`, {
      cause,
      hint: "Install OpenSSH's client, or start an agent yourself and give its socket.",
    });
  }
}

/** Through a pipe: of a file it would mind the mode. In a session of its own it has no terminal to ask for a passphrase on. */
async function addKey(key: string, socket: string): Promise<void> {
  const bytes = readKey(key);
  const env = { ...HOST_ENV, SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'never' };
  const child = spawn('ssh-add', ['-q', '-'], { env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined); // it need not read all of it
  child.stdin.end(bytes);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const why = isEncrypted(bytes) ? 'it has a passphrase' : 'it is no private key';
  throw new VarveError('SSH_KEY', `failed to parse ${key}: ${why}`, {
    hint: 'Load it into an agent (ssh-add) and give the socket of that: --ssh default.',
  });
}

function readKey(key: string): Buffer {
  try {
    return readFileSync(key);
  } catch (cause) {
    throw new VarveError('SSH_KEY', `failed to read the key ${key}: ${messageOf(cause)}`, { cause });
  }
}

/** OpenSSH's format names the cipher right after its magic; older ones say it in a header. */
function isEncrypted(key: Buffer): boolean {
  const text = key.toString('latin1');
  if (/ENCRYPTED/.test(text)) return true;
  const body = /BEGIN OPENSSH PRIVATE KEY-+([\s\S]+?)-+END/.exec(text)?.[1] ?? '';
  return body !== '' && !Buffer.from(body, 'base64').toString('latin1').startsWith('openssh-key-v1\0\0\0\0\u0004none');
}
