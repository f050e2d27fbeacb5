import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, whyMissing } from '../programs.ts';
import { setAside } from '../scratch.ts';

/** The processes that do docker's work. */
export const DAEMONS = ['dockerd', 'containerd', 'containerd-shim-runc-v2', 'containerd-shim'];

let running: Daemon | undefined;

/** A dockerd with a store, sockets and state of its own: no bridge, no rule for packets, nothing of the machine's. There is one at a time. */
export class Daemon {
  readonly #dir: string;
  #child: ChildProcess | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Why there can be none here, or `undefined`. */
  static whyNone(): string | undefined {
    return process.getuid?.() === 0 ? whyMissing('docker', 'dockerd', 'containerd') : 'dockerd needs root';
  }

  get host(): string {
    return `unix://${join(this.#dir, 'sock')}`;
  }

  /** With an empty store; whichever ran before ends. */
  async start(): Promise<void> {
    await running?.stop();
    setAside(this.#dir);
    mkdirSync(this.#dir, { recursive: true });
    running = this;
    const log = openSync(join(this.#dir, 'log'), 'w');
    const state = ['--data-root', join(this.#dir, 'data'), '--exec-root', join(this.#dir, 'exec'), '--pidfile', join(this.#dir, 'pid')];
    const network = ['--bridge', 'none', '--iptables=false', '--ip-forward=false', '--ip-masq=false', '--insecure-registry', '127.0.0.0/8'];
    const path = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
    const options = { env: { ...process.env, PATH: path }, stdio: ['ignore', log, log] as ['ignore', number, number] };
    this.#child = spawn('dockerd', [...state, ...network, '-H', this.host], options).on('error', () => undefined);
    for (let tries = 0; tries < 300; tries++) {
      if (ask('docker', ['-H', this.host, 'version', '--format', '{{.Server.Version}}']) !== undefined) return;
      if (this.#child.exitCode !== null) break;
      await sleep(100);
    }
    await this.stop();
    throw new Error(`dockerd does not answer:\n${readFileSync(join(this.#dir, 'log'), 'utf8').slice(-1000)}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (running === this) running = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(20_000, undefined, { ref: false })]);
  }
}
