import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessResult, TerminalSize } from '@varve/core';
import { type Launched, type LaunchIO, resizeConsole } from '@varve/core/system';
import type { Runtime } from './find-runtime.ts';
import { readFailure, unreadOutput } from './runtime-log.ts';

export interface RuntimeFiles {
  /** Where the runtime writes the number of the process that it has started, as it sees it. */
  readonly pid: string;
  readonly log: string;
  readonly kind: Runtime['kind'];
  /** Of the process, where it has one. */
  readonly terminal: boolean;
  /** Inside the root, where it shows the terminal of the container's own process. */
  readonly console?: string | undefined;
}

/**
 * A process of a container, behind a runtime that runs as long as it does, passes its streams on and ends as it does. Signals go to the
 * process itself.
 */
export class RuntimeProcess implements Launched {
  readonly pid: number;
  readonly exit: Promise<ProcessResult>;
  readonly #runtime: Launched;
  readonly #found: boolean;
  readonly #console: string | undefined;
  #ended = false;

  private constructor(runtime: Launched, details: RuntimeDetails) {
    this.#runtime = runtime;
    this.#console = details.console;
    this.#found = details.pid !== undefined;
    this.pid = details.pid ?? runtime.pid; // it has ended already
    this.exit = details.exit;
    this.exit.then(
      () => (this.#ended = true),
      () => (this.#ended = true),
    );
  }

  /** Waits until the process runs, or has ended. @throws Error with what the runtime says when it could not be started */
  static async of(runtime: Launched, files: RuntimeFiles, io: Pick<LaunchIO, 'stdout'>): Promise<RuntimeProcess> {
    const exit = exitOf(runtime, files, io);
    let ended = false;
    exit.then(
      () => (ended = true),
      () => (ended = true),
    );
    while (!ended) {
      const pid = existsSync(files.pid) ? Number(readFileSync(files.pid, 'utf8')) : 0;
      const child = pid > 0 ? childOf(runtime.pid, pid) : undefined;
      for (let looks = 0; !ended && child !== undefined && looks < LOOKS && isRuntimes(child, runtime.pid); looks += 1) await sleep(2);
      if (child !== undefined) return new RuntimeProcess(runtime, { pid: child, exit, console: files.console });
      await sleep(2);
    }
    await exit;
    return new RuntimeProcess(runtime, { pid: undefined, exit });
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#found || this.#ended) return;
    try {
      process.kill(this.pid, name);
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'ESRCH') throw failure;
    }
  }

  /** crun passes no sizes on, so the terminal behind it is told, too. */
  resize(size: TerminalSize): void {
    this.#runtime.resize(size);
    if (this.#console === undefined || !this.#found || this.#ended) return;
    try {
      resizeConsole(`/proc/${this.pid}/root${this.#console}`, size);
    } catch (failure) {
      if (!GONE.includes((failure as NodeJS.ErrnoException).code ?? '')) throw failure;
    }
  }
}

interface RuntimeDetails {
  readonly pid: number | undefined;
  readonly exit: Promise<ProcessResult>;
  readonly console?: string | undefined;
}

/** Not there, or not any more. */
const GONE = ['ENOENT', 'ESRCH', 'ENXIO', 'EIO'];

async function exitOf(runtime: Launched, files: RuntimeFiles, io: Pick<LaunchIO, 'stdout'>): Promise<ProcessResult> {
  const result = await runtime.exit;
  checkLog(result, files, io);
  return result;
}

/**
 * A runtime's own failure has the exit code of a process; only its log tells the difference.
 * @throws Error with what it says
 */
export function checkLog({ exitCode }: ProcessResult, { log, kind, terminal }: RuntimeFiles, io: Pick<LaunchIO, 'stdout'>): void {
  if (!existsSync(log)) return;
  const text = readFileSync(log, 'utf8');
  const unread = kind === 'crun' && terminal ? unreadOutput(text, exitCode) : undefined;
  if (unread !== undefined) {
    io.stdout(Buffer.from(unread));
    return;
  }
  const failure = exitCode === 0 ? undefined : readFailure(text, kind);
  if (failure !== undefined) throw new Error(failure);
}

/** About a second; a container's program may be called like a runtime. */
const LOOKS = 500;

/** Whether a child is still what prepares a container, and would keep to itself the signals that are meant for the program. */
function isRuntimes(child: number, runtime: number): boolean {
  const [its, own] = [commandOf(child), commandOf(runtime)];
  return its !== '' && (its === own || its.startsWith('runc\0init\0'));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

/** This host's number of a child that its parent, in a pid namespace, knows as `inner`; a container has one more namespace. */
function childOf(parent: number, inner: number): number | undefined {
  try {
    const children = readdirSync(`/proc/${parent}/task`).flatMap((thread) =>
      readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.find((pid) => numbersOf(pid).at(-2) === inner);
  } catch (failure) {
    if (GONE.includes((failure as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw failure;
  }
}

/** From this pid namespace inwards. */
const numbersOf = (pid: number): readonly number[] =>
  (/^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '').split(/\s+/).map(Number);
