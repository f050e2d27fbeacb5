import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '../../src/errors.ts';
import type { ContainerStats } from '../container/request.ts';
import type { LaunchGroups } from '../launch/plan.ts';
import { type FileLock, tryLockDirectory } from '../locks.ts';
import { guardFrozen, isFrozen, setFrozen } from './freezer.ts';
import { hasKilled, type ReadFigures, readStats } from './group-figures.ts';
import { allProcessesIn, readIfThere, removeEmpty, removeGroup } from './group-files.ts';
import { type Controller, type Hierarchy, hierarchies } from './hierarchies.ts';
import { controllersFor, type GroupLimits, limitFiles } from './limit-files.ts';

/** All groups of ours are in a group of this name at the top of each hierarchy. */
export const GROUPS = 'varve';

/** What a group is made with where the host has it: what a container needs beside its limits. */
const USUAL: readonly Controller[] = ['freezer', 'cpuacct', 'memory', 'pids'];

/**
 * A control group, which on hosts with version 1 is one directory per controller. Whoever made it holds a lock on each directory for as
 * long as it lives, so that another can tell when it was killed, and ends what it left (`sweepControlGroups`).
 */
export class ControlGroup {
  readonly name: string;
  readonly #places: ReadonlyMap<Controller, Hierarchy>;
  readonly #limits: GroupLimits;
  readonly #locks: FileLock[] = [];
  #guard: Disposable | undefined;

  /** @throws VarveError `CGROUP_MISSING` when this host has no controller for one of the limits, `CGROUP_LIMIT` when it refuses one */
  constructor(name: string, limits: GroupLimits = {}) {
    this.name = name;
    this.#limits = limits;
    const known = hierarchies();
    const needed = controllersFor(limits);
    const missing = needed.find((controller) => !known.has(controller));
    if (missing !== undefined)
      throw new VarveError('CGROUP_MISSING', `This host has no control groups of the kind "${missing}" that varve may change`);
    this.#places = new Map([...known].filter(([controller]) => USUAL.includes(controller) || needed.includes(controller)));
    try {
      this.#make();
    } catch (failure) {
      this.#discard();
      throw failure;
    }
  }

  /** For a process that is to start in it. */
  get entry(): LaunchGroups {
    const places = [...this.#places.values()];
    return {
      dirs: this.#dirs,
      homes: [...new Set(places.map(({ home }) => home))],
      takesThreads: places.every(({ version }) => version === 1),
    };
  }

  /** To be called when the first process has been started: until then there is one more, which starts it. */
  started(): void {
    const { pids } = this.#limits;
    if (pids !== undefined && pids > 0) this.#write('pids', { 'pids.max': String(pids) });
  }

  /** The host's numbers, ascending. */
  processes(): readonly number[] {
    const numbers = this.#dirs.flatMap((dir) => allProcessesIn(dir));
    return [...new Set(numbers)].sort((a, b) => a - b);
  }

  get canFreeze(): boolean {
    return this.#places.has('freezer');
  }

  /** Settles when everything stands still, or when that is not wanted any more. */
  async freeze(isWanted: () => boolean): Promise<void> {
    const version = this.#places.get('freezer')?.version;
    if (version === undefined) return;
    const dir = this.#dirOf('freezer');
    if (version === 1) this.#guard ??= guardFrozen(dir);
    for (let wait = 1; isWanted() && isFrozen(dir, version) === false; wait = Math.min(wait * 2, 50)) {
      setFrozen(dir, { frozen: true, version });
      await sleep(wait);
    }
  }

  thaw(): void {
    const version = this.#places.get('freezer')?.version;
    if (version !== undefined) setFrozen(this.#dirOf('freezer'), { frozen: false, version });
    this.#guard?.[Symbol.dispose]();
    this.#guard = undefined;
  }

  /** Whether the kernel has killed something in it for want of memory. */
  get outOfMemory(): boolean {
    return hasKilled(this.#read);
  }

  stats(): ContainerStats {
    return readStats(this.#read);
  }

  /** Kills what is still in it, and removes it. Idempotent. */
  async remove(): Promise<void> {
    this.thaw();
    for (const dir of this.#dirs) await removeGroup(dir);
    this.#discard();
  }

  get #dirs(): readonly string[] {
    return [...new Set([...this.#places.values()].map(({ dir }) => join(dir, GROUPS, this.name)))];
  }

  #make(): void {
    for (const dir of this.#dirs) {
      mkdirSync(dir, { recursive: true });
      const lock = tryLockDirectory(dir);
      if (lock === undefined) throw new VarveError('CGROUP_EXISTS', `The control group ${dir} is another container's`);
      this.#locks.push(lock);
    }
    for (const [controller, { version, dir }] of this.#places) {
      if (version === 2) enable(controller, dir);
      else if (controller === 'cpuset') fillCpuset(dir, this.name);
    }
    for (const { controller, name, value, optional } of limitFiles(this.#limits, (each) => this.#places.get(each)?.version ?? 2)) {
      if (optional === true && !existsSync(join(this.#dirOf(controller), name))) continue;
      this.#write(controller, { [name]: name === 'pids.max' && value !== 'max' ? String(Number(value) + 1) : value });
    }
  }

  #dirOf(controller: Controller): string {
    return join(this.#places.get(controller)?.dir ?? '', GROUPS, this.name);
  }

  #write(controller: Controller, files: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(files)) {
      try {
        writeFileSync(join(this.#dirOf(controller), name), value);
      } catch (cause) {
        throw new VarveError('CGROUP_LIMIT', `This host does not take ${value} for ${name}`, { cause });
      }
    }
  }

  readonly #read: ReadFigures = (controller, names) => {
    const place = this.#places.get(controller);
    const name = place === undefined ? undefined : names[place.version];
    return name === undefined ? undefined : readIfThere(join(this.#dirOf(controller), name));
  };

  #discard(): void {
    for (const lock of this.#locks.splice(0)) lock.release();
    for (const dir of this.#dirs) if (existsSync(dir)) removeEmpty(dir);
  }
}

/** Moves a process back to where this one is. */
export function leaveGroups({ homes }: LaunchGroups, pid: number): void {
  for (const home of homes) {
    try {
      writeFileSync(join(home, 'cgroup.procs'), String(pid));
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'ESRCH') throw failure; // it has ended
    }
  }
}

/** Version 2 hands controllers down one level at a time. */
function enable(controller: Controller, top: string): void {
  if (controller === 'freezer' || controller === 'cpuacct') return;
  for (const dir of [top, join(top, GROUPS)]) {
    try {
      writeFileSync(join(dir, 'cgroup.subtree_control'), `+${controller}`);
    } catch (cause) {
      throw new VarveError('CGROUP_MISSING', `The controller "${controller}" cannot be handed down by the control group ${dir}`, {
        cause,
        hint: 'In a container, start varve in a group of its own below the top one.',
      });
    }
  }
}

/** A new group of version 1 has no processors and no memory nodes, and nobody can enter it. */
function fillCpuset(top: string, name: string): void {
  for (const [parent, dir] of [
    [top, join(top, GROUPS)],
    [join(top, GROUPS), join(top, GROUPS, name)],
  ] as const)
    for (const file of ['cpuset.cpus', 'cpuset.mems'])
      if (readFileSync(join(dir, file), 'utf8').trim() === '') writeFileSync(join(dir, file), readFileSync(join(parent, file)));
}
