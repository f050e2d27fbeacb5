import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf, VarveError } from '../../src/errors.ts';
import { killQuietly } from './end-tree.ts';
import { HOST_ENV } from './host-env.ts';
import type { Namespace } from './plan.ts';

const OPTIONS: Readonly<Record<Namespace, string>> = { mount: '--mount', uts: '--uts', ipc: '--ipc', pid: '--pid', network: '--net' };

/** The command line for unshare(1): what it starts is PID 1 of new namespaces and dies with this process, however that ends. */
function unshareCommand(namespaces: readonly Namespace[]): readonly [program: string, ...args: string[]] {
  const kinds = namespaces.map((namespace) => OPTIONS[namespace]);
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', ...kinds, '--fork', '--kill-child', '--propagation', 'private', '--'];
}

/**
 * PID 1: tells its number, mounts /proc, which only a process inside the namespace can, and reaps orphans until it is killed. It waits in
 * a subshell's `read`, since no program can be started once the root is the container's. The script and its argument are in the
 * environment, which no process inside may read; the command line would be for all to see.
 */
const INIT = `read -r pid rest </proc/self/stat
[ -z "$PROC" ] || mount -t proc -o nosuid,noexec,nodev proc "$PROC" || exit
exec 4>&1 >/dev/null 2>&1
while :; do
  (read -r _) <&3 4>&- & reader=$!
  [ -z "$pid" ] || { echo "$pid" >&4; exec 4>&-; pid=; }
  wait $reader
  [ $? -gt 128 ] || exit 0
done`;

/** New namespaces, kept by a PID 1 that does nothing. */
export class Sandbox {
  readonly #unshare: ChildProcess;
  readonly #init: number;
  readonly #ended: Promise<void>;

  constructor(unshare: ChildProcess, init: number, ended: Promise<void>) {
    this.#unshare = unshare;
    this.#init = init;
    this.#ended = ended;
  }

  /** @param proc where to mount /proc of the pid namespace @throws VarveError `LAUNCH_FAILED` */
  static open(namespaces: readonly Namespace[], proc = ''): Promise<Sandbox> {
    const [program, ...args] = unshareCommand(namespaces);
    const env = { ...HOST_ENV, INIT, PROC: proc };
    const child = spawn(program, [...args, '/bin/sh', '-c', 'eval "$INIT"'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const ended = new Promise<void>((done) => child.once('close', () => done()).once('error', () => done()));
    return new Promise((done, fail) => {
      const errors: string[] = [];
      const failed = (reason: string): void => fail(new VarveError('LAUNCH_FAILED', `Namespaces could not be made: ${reason}`));
      child.once('error', (cause) => failed(messageOf(cause)));
      child.once('close', (code) => failed(errors.join('').trim() || `unshare exited with ${code}`));
      child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
      child.stdout?.once('data', (chunk: Buffer) => done(new Sandbox(child, Number(chunk.toString()), ended)));
    });
  }

  /** The process whose namespaces they are; its own pid namespace is not the new one, that of its children is. */
  get pid(): number {
    return this.#unshare.pid ?? -1;
  }

  kill(): void {
    killQuietly(this.#init);
  }

  /** Kills everything inside and waits until nothing is left: PID 1 ends after all the others. */
  async close(): Promise<void> {
    if (this.#unshare.exitCode === null && this.#unshare.signalCode === null) this.kill();
    await this.#ended;
  }
}
