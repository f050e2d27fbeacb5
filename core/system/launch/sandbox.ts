import { closeSync, existsSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { VarveError } from '../../src/errors.ts';
import { killQuietly } from './end-tree.ts';
import { HOST_ENV } from './host-env.ts';
import { openPipe } from './pipes.ts';
import type { Namespace } from './plan.ts';
import { type Ending, reap } from './reaper.ts';
import { spawnProgram } from './spawn-program.ts';

const OPTIONS: Readonly<Record<Namespace, string>> = { mount: '--mount', uts: '--uts', ipc: '--ipc', pid: '--pid', network: '--net' };

/** The command line for unshare(1): what it starts is PID 1 of new namespaces and dies with this process, however that ends. */
function unshareCommand(namespaces: readonly Namespace[]): readonly string[] {
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
  /** The process whose namespaces they are; its own pid namespace is not the new one, that of its children is. */
  readonly pid: number;
  readonly #init: number;
  readonly #ended: Promise<void>;
  #isOver = false;

  constructor(pid: number, init: number, ended: Promise<void>) {
    this.pid = pid;
    this.#init = init;
    this.#ended = ended.then(() => {
      this.#isOver = true;
    });
  }

  /** @param proc where to mount /proc of the pid namespace @throws VarveError `LAUNCH_FAILED` */
  static async open(namespaces: readonly Namespace[], proc = ''): Promise<Sandbox> {
    const { pid, ended, output } = spawnInit(namespaces, proc);
    const said = await output;
    const init = /^([0-9]+)$/m.exec(said)?.[1];
    if (init !== undefined)
      return new Sandbox(
        pid,
        Number(init),
        ended.then(() => undefined),
      );
    const { code } = await ended;
    throw failed(said.trim() || `unshare exited with ${code}`);
  }

  kill(): void {
    if (!this.#isOver) killQuietly(this.#init);
  }

  /** Kills everything inside and waits until nothing is left: PID 1 ends after all the others. */
  async close(): Promise<void> {
    this.kill();
    await this.#ended;
  }
}

interface Init {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** A line with the number of PID 1, or what else was said before the end. */
  readonly output: Promise<string>;
}

function spawnInit(namespaces: readonly Namespace[], proc: string): Init {
  const [name = '', ...args] = unshareCommand(namespaces);
  const program = HOST_ENV.PATH.split(':')
    .map((dir) => `${dir}/${name}`)
    .find(existsSync);
  if (program === undefined) throw failed(`there is no program ${name}`);
  const env = Object.entries({ ...HOST_ENV, INIT, PROC: proc }).map(([variable, value]) => `${variable}=${value}`);
  const [nothing, output, hold] = [openSync('/dev/null', 'r'), openPipe(), openPipe()];
  const files = [nothing, output.write, output.write, hold.read];
  const child = spawnProgram({ program, args: [name, ...args, '/bin/sh', '-c', 'eval "$INIT"'], env, files });
  for (const fd of new Set(files)) closeSync(fd);
  const reader = new Socket({ fd: output.read, readable: true, writable: false });
  if ('code' in child) {
    reader.destroy();
    closeSync(hold.write);
    throw failed(`${program}: ${child.code}`);
  }
  const ended = new Promise<Ending>((done) => reap(child.pid, done));
  void ended.then(() => {
    reader.destroy();
    closeSync(hold.write);
  });
  return { pid: child.pid, ended, output: firstWords(reader) };
}

function firstWords(reader: Socket): Promise<string> {
  return new Promise((done) => {
    let said = '';
    reader.setEncoding('latin1').on('data', (text: string) => {
      said += text;
      if (/^[0-9]+\n/m.test(said)) done(said);
    });
    reader.once('error', () => done(said)).once('close', () => done(said));
  });
}

const failed = (reason: string): VarveError => new VarveError('LAUNCH_FAILED', `Namespaces could not be made: ${reason}`);
