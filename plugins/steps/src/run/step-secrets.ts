import { isUtf8 } from 'node:buffer';
import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mount, type RunMount, type Step, type StepInputs, VarveError } from '@varve/core';
import { PrivateDirectory, uniqueName } from '@varve/core/system';
import { forwardAgent } from './forward-agent.ts';
import { startKeyAgent } from './key-agent.ts';
import { readSecret, type SecretQuery } from './read-secret.ts';

type SecretMount = RunMount & { readonly type: 'secret' };
type SshMount = RunMount & { readonly type: 'ssh' };

/** A file or socket to bind, by the path that it is wanted at. */
export interface PlacedSecret {
  readonly mount: Mount;
  readonly target: string;
}

/** What one step's process is trusted with: nothing of it is in the store or in the layer, and all of it ends with disposal. */
export class StepSecrets implements Disposable {
  readonly #step: Pick<Step, 'source'>;
  readonly #inputs: StepInputs;
  readonly #env: string[] = [];
  readonly #held: Disposable[] = [];
  #dir: PrivateDirectory | undefined;
  #agents = 0;

  constructor(step: Pick<Step, 'source'>, inputs: StepInputs) {
    this.#step = step;
    this.#inputs = inputs;
  }

  /** `NAME=value` for the process, in no cache key. */
  get env(): readonly string[] {
    return this.#env;
  }

  /** @throws VarveError `SECRET_MISSING`, `SECRET_INVALID` */
  placeSecret(mount: SecretMount): PlacedSecret | undefined {
    const value = readSecret(mount, this.#step, this.#inputs);
    if (value === undefined) return undefined;
    if (mount.env !== undefined) this.#env.push(`${mount.env}=${this.#textOf(mount.id, value)}`);
    if (mount.target === undefined) return undefined;
    const path = this.#newPath();
    writeFileSync(path, value, { mode: 0o600 });
    giveTo(path, mount);
    return { mount: bindOf(path), target: mount.target };
  }

  /** @throws VarveError `SSH_MISSING`, `SSH_KEY`, `SSH_UNSUPPORTED` */
  async placeAgent(mount: SshMount): Promise<PlacedSecret | undefined> {
    const number = this.#agents++;
    const agent = await this.openAgent(mount);
    if (agent === undefined) return undefined;
    const path = this.#newPath();
    this.#held.push(await forwardAgent(agent, path));
    giveTo(path, mount);
    const target = mount.target ?? `/run/buildkit/ssh_agent.${number}`;
    if (number === 0) this.#env.push(`SSH_AUTH_SOCK=${target}`);
    return { mount: bindOf(path), target };
  }

  /** The socket of an agent of this host, until disposal. @throws VarveError `SSH_MISSING`, `SSH_KEY`, `SSH_UNSUPPORTED` */
  async openAgent({ id, required }: SecretQuery): Promise<string | undefined> {
    const { ssh = {} } = this.#inputs.build.request;
    const given = Object.hasOwn(ssh, id) ? ssh[id] : undefined;
    if (given === undefined && !required) return undefined;
    if (given === undefined)
      throw this.#missing(`no SSH key ${JSON.stringify(id)} forwarded from the client`, `The step requires it: give it with --ssh ${id}.`);
    const paths = given.length > 0 ? given : [process.env.SSH_AUTH_SOCK ?? ''];
    const [first = ''] = paths;
    if (first === '')
      throw this.#missing(
        'invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set',
        `Start an agent, or give a key: --ssh ${id}=<path>.`,
      );
    const sockets = paths.filter((path) => this.#isSocket(path));
    if (sockets.length === 0) return await this.#openKeys(paths);
    if (paths.length === 1) return first;
    throw this.#missing('invalid combination of keys and sockets', 'Give one socket, or any number of private keys.');
  }

  async #openKeys(keys: readonly string[]): Promise<string> {
    const socket = this.#newPath();
    this.#held.push(await startKeyAgent(keys, socket));
    return socket;
  }

  #isSocket(path: string): boolean {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) return stats.isSocket();
    throw this.#missing(`there is no agent socket or private key at ${path}`, 'Look at the path, and whether the agent still runs.');
  }

  #missing(message: string, hint: string): VarveError {
    return new VarveError('SSH_MISSING', message, { source: this.#step.source, hint });
  }

  #textOf(id: string, value: Buffer): string {
    if (isUtf8(value) && !value.includes(0)) return value.toString('utf8');
    throw new VarveError('SECRET_INVALID', `secret ${id} is no text, so it cannot be a variable of the environment`, {
      source: this.#step.source,
      hint: 'Mount it as a file: leave `env` out.',
    });
  }

  #newPath(): string {
    this.#dir ??= new PrivateDirectory();
    return join(this.#dir.path, uniqueName());
  }

  [Symbol.dispose](): void {
    try {
      for (const held of this.#held.splice(0).reverse()) held[Symbol.dispose]();
    } finally {
      this.#dir?.[Symbol.dispose]();
    }
  }
}

const bindOf = (source: string): Mount => ({ type: 'bind', source, options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'] });

function giveTo(path: string, { mode, uid, gid }: Pick<SecretMount, 'mode' | 'uid' | 'gid'>): void {
  chmodSync(path, mode);
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}
