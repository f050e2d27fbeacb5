import { constants } from 'node:os';
import { VarveError } from '../../src/errors.ts';
import type { ProcessResult } from '../container/request.ts';
import { endTree, killQuietly, type Tree, watchTree } from './end-tree.ts';
import type { HeldNamespace, LaunchEvent, LaunchPlan } from './plan.ts';
import type { Sandbox } from './sandbox.ts';

interface Outcome extends ProcessResult {
  readonly message?: string;
}

/** What is known of one process from its order to its end. */
export class Run {
  readonly #plan: LaunchPlan;
  readonly #sandbox: Sandbox | undefined;
  readonly #guest: boolean;
  readonly #started = Promise.withResolvers<number>();
  readonly #settled = Promise.withResolvers<Outcome>();
  #group: number | undefined;
  #tree: Tree | undefined;
  #watch: AsyncDisposable | undefined;
  #killed = false;

  /** @param place `guest`: it is in namespaces that are another's, and what it leaves there is no affair of its own */
  constructor(plan: LaunchPlan, place: { readonly sandbox: Sandbox | undefined; readonly guest: boolean }) {
    this.#plan = plan;
    this.#sandbox = place.sandbox;
    this.#guest = place.guest;
  }

  get started(): Promise<number> {
    return this.#started.promise;
  }

  get outcome(): Promise<Outcome> {
    return this.#settled.promise;
  }

  hear(event: LaunchEvent): void {
    switch (event.kind) {
      case 'started':
        this.#group = event.pid;
        if (this.#sandbox === undefined && !this.#guest) {
          this.#tree = treeOf(this.#plan, event.namespace);
          if (this.#tree !== undefined) this.#watch = watchTree(this.#tree);
        }
        this.#started.resolve(event.pid);
        if (this.#killed) this.kill();
        break;
      case 'ended':
        this.#group = undefined;
        this.#settled.resolve(resultOf(event));
        break;
      case 'not-executed': {
        const outcome = whyNotExecuted(event.code, this.#plan);
        this.#started.reject(new VarveError('LAUNCH_PROGRAM', outcome.message, { exitCode: outcome.exitCode }));
        this.#settled.resolve(outcome);
        break;
      }
      case 'failed': {
        const failure = new VarveError('LAUNCH_FAILED', `A process could not be started: ${event.message}`);
        this.#started.reject(failure);
        this.#settled.reject(failure);
        break;
      }
      default:
        event satisfies never;
    }
  }

  signal(name: NodeJS.Signals): void {
    if (this.#group !== undefined) signalQuietly(this.#group, name);
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
    await this.#watch?.[Symbol.asyncDispose]();
  }
}

/** By what the processes of a plan without a pid namespace are known. */
function treeOf({ namespaces, root }: LaunchPlan, namespace: HeldNamespace | undefined): Tree | undefined {
  if (namespaces.includes('mount')) return namespace === undefined ? undefined : { kind: 'mount-namespace', ...namespace };
  return root === undefined ? undefined : { kind: 'root', path: root.path };
}

function signalQuietly(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ESRCH') throw failure;
  }
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
const whyNotExecuted = (code: string, { program }: LaunchPlan): Outcome & { readonly message: string } => ({
  exitCode: code === 'ENOENT' ? 127 : 126,
  message: `exec ${program}: ${REASONS[code] ?? code}`,
});
