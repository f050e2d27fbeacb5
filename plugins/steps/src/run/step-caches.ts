import type { RunStep, StepInputs } from '@varve/core';
import type { FileLock } from '@varve/core/system';
import { type CacheMount, holdCache, nameCache } from './cache-directory.ts';
import { extractSource } from './extract-source.ts';
import { describeSource } from './fingerprint.ts';
import { findMountSource } from './mount-source.ts';

interface Wanted {
  readonly mount: CacheMount;
  readonly name: string;
}

/** The caches of one step, held until disposal. */
export class StepCaches implements Disposable {
  readonly #root: string;
  readonly #step: RunStep;
  readonly #inputs: StepInputs;
  readonly #locks: FileLock[] = [];
  readonly #paths = new Map<CacheMount, string>();

  /** `root` is that of the store. */
  constructor(root: string, step: RunStep, inputs: StepInputs) {
    this.#root = root;
    this.#step = step;
    this.#inputs = inputs;
  }

  /** Waits for them in one order everywhere, so that two steps never wait for each other. */
  async hold(): Promise<void> {
    const mounts = this.#step.mounts.filter((mount) => mount.type === 'cache');
    const wanted = await Promise.all(mounts.map(async (mount) => ({ mount, name: nameCache(mount, await this.#baseOf(mount)) })));
    const groups = Map.groupBy(wanted, ({ name }) => name);
    for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) await this.#holdGroup(group);
  }

  pathOf(mount: CacheMount): string {
    const path = this.#paths.get(mount);
    if (path === undefined) throw new Error(`the cache ${mount.id} is not held`);
    return path;
  }

  /** One cache in several places of a step is held once, as strictly as any of them asks for. */
  async #holdGroup(group: readonly Wanted[]): Promise<void> {
    const order = ['locked', 'private', 'shared'];
    const [strictest] = group.toSorted((a, b) => order.indexOf(a.mount.sharing) - order.indexOf(b.mount.sharing));
    if (strictest === undefined) return;
    const { mount, name } = strictest;
    const fill = (dir: string) => this.#fill(mount, dir);
    const { path, held } = await holdCache(mount, { root: this.#root, name, fill, signal: this.#inputs.signal });
    this.#locks.push(held);
    for (const one of group) this.#paths.set(one.mount, path);
  }

  async #baseOf({ from, source = '' }: CacheMount): Promise<string | undefined> {
    return from && (await describeSource({ from, source }, this.#step, this.#inputs));
  }

  async #fill({ from, source = '' }: CacheMount, dir: string): Promise<void> {
    if (from === undefined) return;
    await extractSource(await findMountSource({ from, source }, this.#step, this.#inputs), dir, this.#inputs);
  }

  [Symbol.dispose](): void {
    for (const held of this.#locks.splice(0)) held.release();
  }
}
