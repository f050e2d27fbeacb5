import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { mustRun, run, VARVE } from '../helpers/varve.ts';
import { type ContainerBench, once } from './container-bench.ts';

/** A real terminal: a server of tmux of its own, with one window in which a shell waits. */
class Terminal implements AsyncDisposable {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static async open(bench: ContainerBench): Promise<Terminal> {
    const terminal = new Terminal(bench.path('tmux'));
    const env = { TERM: 'xterm', TMUX: '', SHELL: '/bin/sh' };
    await mustRun(
      'tmux',
      ['-S', bench.path('tmux'), '-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '30', '-c', bench.folder, 'PS1="% " exec sh'],
      { env },
    );
    return terminal;
  }

  async type(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', '-t', '0', ...keys);
  }

  /** Waits until the screen shows it. */
  async until(pattern: RegExp): Promise<string> {
    let screen = '';
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
      screen = await this.#tmux('capture-pane', '-p', '-t', '0');
      if (pattern.test(screen)) return screen;
    }
    throw new Error(`The terminal never showed ${pattern}:\n${screen}`);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-t', '0', '-x', String(columns), '-y', String(rows));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('tmux', ['-S', this.#socket, 'kill-server']);
  }

  #tmux(...args: readonly string[]): Promise<string> {
    return mustRun('tmux', ['-S', this.#socket, ...args]);
  }
}

const varve = (bench: ContainerBench): string => [process.execPath, ...VARVE, '--root', bench.root].join(' ');

once(test, 'run -it is a terminal: keys, size, control characters, and the shell behind it is as it was', async (t, bench) => {
  await using terminal = await Terminal.open(bench);
  await terminal.until(/%/);
  await terminal.type(`stty -g > before; ${varve(bench)} run -it --name tty busybox sh; stty -g > after; echo "code" $?`, 'Enter');
  await terminal.until(/\/ #/);
  await terminal.type('tty; stty size; echo $TERM', 'Enter');
  await terminal.until(/\/dev\/pts\/0\s+30 100\s+xterm/);
  await terminal.resize(90, 20);
  await terminal.type('clear; until stty size | grep "20 90"; do sleep 0.1; done', 'Enter');
  await terminal.until(/^20 90$/m);
  await terminal.type('clear; echo begin; sleep 1000', 'Enter');
  await terminal.until(/begin\s*$/);
  await terminal.type('C-c');
  await terminal.type('clear; echo still $((40 + 2)); exit 3', 'Enter');
  await terminal.until(/code/);
  t.is(bench.read('after'), bench.read('before'));
  t.deepEqual(await bench.transcript(['ps', '-a', '--format', '{{.Status}}']), ['Exited (3) <age> ago']);
  t.regex(await bench.must(['logs', 'tty']), /still 42/);
});

once(test, 'detach keys leave a container running, attach comes back to it, and exec -it is a terminal, too', async (t, bench) => {
  await using terminal = await Terminal.open(bench);
  await terminal.until(/%/);
  await terminal.type(`${varve(bench)} run -it --name tty busybox sh`, 'Enter');
  await terminal.until(/\/ #/);
  await terminal.type('VAR=kept', 'Enter');
  await terminal.type('C-p', 'C-q');
  await terminal.until(/%\s*$/);
  await terminal.type('clear; echo left $((1 + 1))', 'Enter');
  await terminal.until(/left 2/);
  t.deepEqual(await bench.transcript(['ps', '--format', '{{.Names}} {{.State}}']), ['tty running']);
  await terminal.type(`clear; ${varve(bench)} attach --detach-keys ctrl-x,x tty`, 'Enter');
  await sleep(500);
  await terminal.type('Enter');
  await terminal.until(/\/ #/);
  await terminal.type('clear; echo again $VAR', 'Enter');
  await terminal.until(/again kept/);
  await terminal.type('C-x', 'x');
  await terminal.until(/%\s*$/);
  await terminal.type(`clear; ${varve(bench)} exec -it tty sh -c 'tty; stty size; exit 6'; echo ended $?`, 'Enter');
  await terminal.until(/\/dev\/pts\/1\s+30 100\s+ended 6/);
  t.deepEqual(await bench.transcript(['kill', 'tty']), ['tty']);
});
