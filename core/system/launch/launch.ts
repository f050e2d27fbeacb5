import type { ProcessResult, TerminalSize } from '../container/request.ts';
import { whyCallsUnknown } from './calls.ts';
import type { ExpectedSandbox } from './expected-sandbox.ts';
import { orderLimited } from './limited.ts';
import { openStdio, openTerminalStdio, type Stdio, type StdioRequest } from './pipes.ts';
import type { LaunchEvent, LaunchPlan } from './plan.ts';
import { Run } from './run.ts';
import { Sandbox } from './sandbox.ts';
import { launchThread } from './thread.ts';

export interface LaunchIO extends Omit<StdioRequest, 'owner'> {
  /** Told when the program runs. */
  started?(): void;
  readonly signal?: AbortSignal | undefined;
  /** Who may open /dev/stdout and the like, where that is not the plan's user. */
  readonly streamsFor?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A process that has been started. */
export interface Launched {
  readonly pid: number;
  /** As the promise of `launch`. */
  readonly exit: Promise<ProcessResult>;
  /** To this process alone; nothing happens when it has ended. */
  signal(name: NodeJS.Signals): void;
  /** Nothing happens without a terminal. */
  resize(size: TerminalSize): void;
}

export interface JoinOptions {
  /** Whose namespaces to enter, where the first process has made more of them. */
  readonly namespacesOf?: number | undefined;
}

/** It holds namespaces that others can be started in. */
export interface LaunchedContainer extends Launched {
  /** Starts another process beside it, which ends with it; the plan's namespaces are those of the first. @throws VarveError as `start` */
  join(plan: LaunchPlan, io: LaunchIO, options?: JoinOptions): Promise<Launched>;
}

/**
 * Starts one process as the plan says, passes its output on and waits for it. When the promise settles nothing of what was started is
 * left, nor any mount: they belonged to a mount namespace that is gone. Without a pid namespace its processes are those of the new mount
 * namespace, or else those that have the plan's root. All ends, too, when this process is killed.
 *
 * @param expected taken where it fits the plan
 * @throws VarveError `LAUNCH_FAILED` when something of the plan could not be done; the signal's reason on abort
 */
export async function launch(plan: LaunchPlan, io: LaunchIO, expected?: ExpectedSandbox): Promise<ProcessResult> {
  const process = await open(plan, io, { expected });
  process.started.catch(() => undefined); // `exit` says the same
  return await process.exit;
}

/**
 * The same without waiting for the end.
 *
 * @throws VarveError also `LAUNCH_PROGRAM`, with `exitCode` 127 or 126, when the program was not there or could not be executed
 */
export async function start(plan: LaunchPlan, io: LaunchIO): Promise<LaunchedContainer> {
  const process = await open(plan, io, { held: true });
  const pid = await pidOf(process);
  return {
    ...handle(process, pid),
    async join(joining, joiningIO, { namespacesOf } = {}) {
      const place = namespacesOf ?? process.sandbox?.pid ?? pid;
      const joined = new LaunchedProcess(joining, { io: joiningIO, namespacesOf: place, held: true });
      return handle(joined, await pidOf(joined));
    },
  };
}

interface Opening {
  readonly held?: boolean;
  readonly expected?: ExpectedSandbox | undefined;
}

async function open(asked: LaunchPlan, io: LaunchIO, { held = false, expected }: Opening): Promise<LaunchedProcess> {
  io.signal?.throwIfAborted();
  const { plan, sandbox: opening } = expected?.take(asked) ?? { plan: asked, sandbox: openSandbox(asked) };
  const sandbox = await opening;
  try {
    return new LaunchedProcess(plan, { io, sandbox, held });
  } catch (failure) {
    await sandbox?.close();
    throw failure;
  }
}

const openSandbox = async ({ namespaces, proc }: LaunchPlan): Promise<Sandbox | undefined> =>
  namespaces.includes('pid') ? await Sandbox.open(namespaces, proc) : undefined;

/** When it could not be started all of it is undone first. */
async function pidOf(process: LaunchedProcess): Promise<number> {
  process.exit.catch(() => undefined); // until somebody asks for it
  try {
    return await process.started;
  } catch (failure) {
    await process.exit;
    throw failure;
  }
}

const handle = (process: LaunchedProcess, pid: number): Launched => ({
  pid,
  exit: process.exit,
  signal: (name) => process.signal(name),
  resize: (size) => process.resize(size),
});

interface Place {
  readonly io: LaunchIO;
  /** Closed with the process. */
  readonly sandbox?: Sandbox | undefined;
  /** Whose namespaces to enter: the process is a guest there. */
  readonly namespacesOf?: number | undefined;
  /** Whoever asked for it is told by `started` why it did not start. */
  readonly held: boolean;
}

/** Milliseconds: whoever a guest has left behind may hold its streams for as long as the container runs. */
const GUEST_IDLE = 100;

/** One process from its order to its end. */
class LaunchedProcess {
  readonly sandbox: Sandbox | undefined;
  readonly exit: Promise<ProcessResult>;
  readonly #io: LaunchIO;
  readonly #stdio: Stdio;
  readonly #run: Run;
  readonly #guest: boolean;
  readonly #held: boolean;
  readonly #leave: () => void;
  /** Output from before its start was heard of; `undefined` afterwards. */
  #early: (() => void)[] | undefined = [];

  constructor(plan: LaunchPlan, { io, sandbox, namespacesOf, held }: Place) {
    this.sandbox = sandbox;
    this.#io = io;
    this.#held = held;
    this.#guest = namespacesOf !== undefined;
    const request: StdioRequest = {
      stdout: (chunk) => this.#tell(() => io.stdout(chunk)),
      stderr: (chunk) => this.#tell(() => io.stderr(chunk)),
      ready: () => io.ready?.(),
      stdin: io.stdin,
      owner: io.streamsFor ?? plan.user,
    };
    this.#stdio = plan.terminal === undefined ? openStdio(request) : openTerminalStdio(request);
    this.#run = new Run(plan, { sandbox, guest: this.#guest });
    const order = { plan, stdio: this.#stdio.fds, namespacesOf: namespacesOf ?? sandbox?.pid };
    const listen = (event: LaunchEvent): void => this.#hear(event);
    const alone = plan.limits?.length || plan.groups?.takesThreads === false;
    this.#leave = alone ? orderLimited(order, listen) : launchThread(plan).order(order, listen);
    this.exit = this.#wait();
  }

  /**
   * Passes output on once whoever ends its processes after us is there: what it says first may be what a caller waits for to be killed.
   */
  #tell(say: () => void): void {
    if (this.#early === undefined) say();
    else this.#early.push(say);
  }

  /** Its number. */
  get started(): Promise<number> {
    return this.#run.started;
  }

  signal(name: NodeJS.Signals): void {
    this.#run.signal(name);
  }

  resize(size: TerminalSize): void {
    this.#stdio.resize(size);
  }

  #hear(event: LaunchEvent): void {
    if (event.kind !== 'ended') this.#stdio.handOver();
    if (event.kind === 'started' && event.terminal !== undefined) this.#stdio.attach(event.terminal);
    this.#run.hear(event);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const say of early) say();
    if (event.kind === 'started') this.#io.started?.();
  }

  async #wait(): Promise<ProcessResult> {
    const { signal } = this.#io;
    const abort = (): void => this.#run.kill();
    try {
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      const { message, ...result } = await this.#run.outcome;
      signal?.throwIfAborted();
      if (message !== undefined && !this.#held) this.#io.stderr(Buffer.from(`${message}\n`));
      return result;
    } finally {
      signal?.removeEventListener('abort', abort);
      await this.#run.end();
      this.#leave();
      await this.#stdio.finish(this.#guest ? { idle: GUEST_IDLE } : {});
    }
  }
}

/** Why `launch` cannot work here. */
export function whyLaunchUnavailable(): string | undefined {
  return process.platform === 'linux' ? whyCallsUnknown() : `this is ${process.platform}, not Linux`;
}
