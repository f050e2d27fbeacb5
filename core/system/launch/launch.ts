import { constants } from 'node:os';
import { VarveError } from '../../src/errors.ts';
import { whyCallsUnknown } from './calls.ts';
import { endTree, killQuietly, type Tree, watchTree } from './end-tree.ts';
import { orderLimited } from './limited.ts';
import { openStdio, type StdioRequest } from './pipes.ts';
import type { LaunchEvent, LaunchPlan } from './plan.ts';
import { Sandbox } from './sandbox.ts';
import { launchThread } from './thread.ts';

export interface LaunchIO extends Omit<StdioRequest, 'owner'> {
  readonly signal?: AbortSignal | undefined;
  /** Who may open /dev/stdout and the like, where that is not the plan's user. */
  readonly streamsFor?: { readonly uid: number; readonly gid: number } | undefined;
}

/** 127 when the program was not there, 126 when it could not be executed, 128 + n when signal n ended it. */
export interface LaunchResult {
  readonly exitCode: number;
  readonly signal?: string | undefined;
}

/**
 * Starts one process as the plan says, passes its output on and waits for it. When the promise settles nothing of what was started is
 * left, nor any mount: they belonged to a mount namespace that is gone. Without a pid namespace its processes are those of the new mount
 * namespace, or else those that have the plan's root. All ends, too, when this process is killed.
 *
 * @throws VarveError `LAUNCH_FAILED` when something of the plan could not be done; the signal's reason on abort
 */
export async function launch(plan: LaunchPlan, io: LaunchIO): Promise<LaunchResult> {
  io.signal?.throwIfAborted();
  const sandbox = plan.namespaces.includes('pid') ? await Sandbox.open(plan.namespaces, plan.proc) : undefined;
  try {
    return await launchIn(sandbox, { plan, io });
  } finally {
    await sandbox?.close();
  }
}

async function launchIn(
  sandbox: Sandbox | undefined,
  { plan, io }: { readonly plan: LaunchPlan; readonly io: LaunchIO },
): Promise<LaunchResult> {
  const stdio = openStdio({ ...io, owner: io.streamsFor ?? plan.user });
  const run = new Run(plan, sandbox);
  const order = { plan, stdio: stdio.fds, namespacesOf: sandbox?.pid };
  const listen = (event: LaunchEvent): void => {
    if (event.kind !== 'ended') stdio.handOver();
    run.hear(event);
  };
  const leave = plan.limits?.length ? orderLimited(order, listen) : launchThread(plan.capabilities).order(order, listen);
  const abort = (): void => run.kill();
  try {
    io.signal?.addEventListener('abort', abort, { once: true });
    if (io.signal?.aborted) abort();
    const { message, ...result } = await run.outcome;
    io.signal?.throwIfAborted();
    if (message !== undefined) io.stderr(Buffer.from(`${message}\n`));
    return result;
  } finally {
    io.signal?.removeEventListener('abort', abort);
    await run.end();
    leave();
    stdio.stop();
    await stdio.drained;
  }
}

/** Why `launch` cannot work here. */
export function whyLaunchUnavailable(): string | undefined {
  return process.platform === 'linux' ? whyCallsUnknown() : `this is ${process.platform}, not Linux`;
}

interface Outcome extends LaunchResult {
  readonly message?: string;
}

/** One process from its order to its end. */
class Run {
  readonly #plan: LaunchPlan;
  readonly #sandbox: Sandbox | undefined;
  readonly #settled = Promise.withResolvers<Outcome>();
  #group: number | undefined;
  #tree: Tree | undefined;
  #watch: Disposable | undefined;
  #killed = false;

  constructor(plan: LaunchPlan, sandbox: Sandbox | undefined) {
    this.#plan = plan;
    this.#sandbox = sandbox;
  }

  get outcome(): Promise<Outcome> {
    return this.#settled.promise;
  }

  hear(event: LaunchEvent): void {
    switch (event.kind) {
      case 'started':
        this.#group = event.pid;
        if (this.#sandbox === undefined) {
          this.#tree = treeOf(this.#plan, event.namespace?.id);
          if (this.#tree !== undefined) this.#watch = watchTree(this.#tree);
        }
        if (this.#killed) this.kill();
        break;
      case 'ended':
        this.#group = undefined;
        this.#settled.resolve(resultOf(event));
        break;
      case 'not-executed':
        this.#settled.resolve(whyNotExecuted(event.code, this.#plan));
        break;
      case 'failed':
        this.#settled.reject(new VarveError('LAUNCH_FAILED', `A process could not be started: ${event.message}`));
        break;
      default:
        event satisfies never;
    }
  }

  /** The first process ends now, or as soon as it has started; the others follow in `end`. */
  kill(): void {
    this.#killed = true;
    this.#sandbox?.kill();
    if (this.#group !== undefined) killQuietly(-this.#group);
  }

  async end(): Promise<void> {
    await this.#sandbox?.close();
    if (this.#tree !== undefined) await endTree(this.#tree);
    this.#watch?.[Symbol.dispose]();
  }
}

/** By what the processes of a plan without a pid namespace are known. */
function treeOf({ namespaces, root }: LaunchPlan, namespace: string | undefined): Tree | undefined {
  if (namespaces.includes('mount')) return namespace === undefined ? undefined : { kind: 'mount-namespace', id: namespace };
  return root === undefined ? undefined : { kind: 'root', path: root.path };
}

const resultOf = ({ code, signal }: { readonly code: number | null; readonly signal: NodeJS.Signals | null }): Outcome =>
  signal === null ? { exitCode: code ?? 0 } : { exitCode: 128 + constants.signals[signal], signal };

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOEXEC: 'exec format error',
  E2BIG: 'argument list too long',
};
/** As docker says it. */
const whyNotExecuted = (code: string, { program }: LaunchPlan): Outcome => ({
  exitCode: code === 'ENOENT' ? 127 : 126,
  message: `exec ${program}: ${REASONS[code] ?? code}`,
});
