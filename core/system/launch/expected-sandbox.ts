import { closeSync } from 'node:fs';
import { attempt } from './calls.ts';
import { CLONE_TREE } from './carried-mounts.ts';
import type { LaunchPlan, Namespace } from './plan.ts';
import { Sandbox } from './sandbox.ts';

/**
 * Namespaces for a process whose root is still being made. They know only the mounts of before: what the plan needs of later ones is
 * carried into them.
 */
export class ExpectedSandbox implements AsyncDisposable {
  readonly #namespaces: readonly Namespace[];
  #opening: Promise<Sandbox> | undefined;

  private constructor(namespaces: readonly Namespace[]) {
    this.#namespaces = namespaces;
    this.#opening = Sandbox.open(namespaces, PROC);
    this.#opening.catch(() => undefined); // told to whoever takes it
  }

  /** `undefined` where mounts cannot be carried (before Linux 5.2). */
  static open(namespaces: readonly Namespace[]): ExpectedSandbox | undefined {
    canCarry ??= tryToCarry();
    return canCarry ? new ExpectedSandbox(namespaces) : undefined;
  }

  /** Once, and for a plan with the same namespaces; it may need no later mount than that of its root. */
  take(plan: LaunchPlan): { readonly sandbox: Promise<Sandbox>; readonly plan: LaunchPlan } | undefined {
    const sandbox = this.#opening;
    const { root, proc, namespaces, steps } = plan;
    if (sandbox === undefined || root === undefined || namespaces.join() !== this.#namespaces.join()) return undefined;
    this.#opening = undefined;
    const shown = proc === undefined ? [] : [{ kind: 'mount', source: PROC, target: proc, type: 'bind' } as const];
    return { sandbox, plan: { ...plan, proc: undefined, carried: [root.path], steps: [...shown, ...steps] } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sandbox = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    await sandbox?.close();
  }
}

/** In the namespaces themselves, where it is bound from. */
const PROC = '/proc';
let canCarry: boolean | undefined;

function tryToCarry(): boolean {
  const tree = attempt('open_tree', -100, '/', CLONE_TREE);
  if (tree < 0) return false;
  closeSync(tree);
  return true;
}
