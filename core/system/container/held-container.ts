import { readdirSync, readlinkSync } from 'node:fs';
import { VarveError } from '../../src/errors.ts';
import type { ControlGroup } from '../cgroup/control-group.ts';
import type { Launched, LaunchIO } from '../launch/launch.ts';
import { toExecutorError } from './failures.ts';
import { unsupported } from './features.ts';
import type { ContainerStats, ExecSpec, ProcessResult, TerminalSize } from './request.ts';

export interface HeldParts {
  /** In messages. */
  readonly executor: string;
  /** The container's process. */
  readonly main: Launched;
  readonly group: ControlGroup | undefined;
  /** Starts a guest. */
  readonly execute: (process: ExecSpec, io: LaunchIO) => Promise<Launched>;
  /** What its processes have in common, as far as no control group tells. */
  readonly namespace: 'pid' | 'mnt' | 'root';
  /** The executor's own processes that are in the group. */
  readonly helpers?: ReadonlySet<number> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Undoes what the container was made of, when nothing of it runs any more. */
  readonly dispose: () => void;
}

/** A running container of any executor: `RunningContainer` of the executors' contract. */
export class HeldContainer {
  readonly #parts: HeldParts;
  readonly #guests = new Set<Promise<unknown>>();
  readonly #starting = new Set<Promise<unknown>>();
  readonly exit: Promise<ProcessResult>;
  #paused = false;
  #ended = false;

  constructor(parts: HeldParts) {
    this.#parts = parts;
    this.exit = this.#wait();
    this.exit.catch(() => undefined); // until somebody asks for it
  }

  get pid(): number {
    return this.#parts.main.pid;
  }

  /** What is killed must run to end. */
  signal(name: NodeJS.Signals): void {
    this.#parts.main.signal(name);
    if (name === 'SIGKILL') this.#thaw();
  }

  resize(size: TerminalSize): void {
    this.#parts.main.resize(size);
  }

  async exec(process: ExecSpec, io: LaunchIO): Promise<Launched> {
    if (this.#ended) throw ended();
    if (this.#paused) throw new VarveError('EXECUTOR_PAUSED', 'The container is paused', { hint: 'Resume it first.' });
    const guest = await this.#track(this.#starting, this.#execute(process, io));
    void this.#track(this.#guests, guest.exit).catch(() => undefined); // whoever started it is told
    return guest;
  }

  /** What is being started would stop half-way, and with it the thread that starts it. */
  async pause(): Promise<void> {
    const { group, executor } = this.#parts;
    if (group?.canFreeze !== true) throw unsupported('pause', { name: executor, features: [] });
    if (this.#ended) throw ended();
    this.#paused = true;
    await Promise.allSettled(this.#starting);
    await group.freeze(() => this.#paused);
  }

  async resume(): Promise<void> {
    this.#thaw();
  }

  async processes(): Promise<readonly number[]> {
    const { group, namespace, helpers } = this.#parts;
    if (this.#ended) return [];
    return group === undefined ? sharing(namespace, this.pid) : group.processes().filter((pid) => helpers?.has(pid) !== true);
  }

  async stats(): Promise<ContainerStats> {
    const { group, executor } = this.#parts;
    if (group === undefined) throw unsupported('stats', { name: executor, features: [] });
    return this.#ended ? {} : group.stats();
  }

  async #execute(process: ExecSpec, io: LaunchIO): Promise<Launched> {
    try {
      return await this.#parts.execute(process, io);
    } catch (cause) {
      throw toExecutorError(cause, io.signal);
    }
  }

  #thaw(): void {
    this.#paused = false;
    this.#parts.group?.thaw();
  }

  async #track<T>(set: Set<Promise<unknown>>, promise: Promise<T>): Promise<T> {
    set.add(promise);
    try {
      return await promise;
    } finally {
      set.delete(promise);
    }
  }

  async #wait(): Promise<ProcessResult> {
    const { main, group, signal, dispose } = this.#parts;
    const thaw = (): void => this.#thaw();
    signal?.addEventListener('abort', thaw, { once: true });
    try {
      const result = await main.exit;
      await Promise.allSettled([...this.#starting, ...this.#guests]);
      return group?.outOfMemory === true ? { ...result, outOfMemory: true } : result;
    } catch (cause) {
      throw toExecutorError(cause, signal);
    } finally {
      this.#ended = true;
      signal?.removeEventListener('abort', thaw);
      await group?.remove();
      dispose();
    }
  }
}

const ended = (): VarveError => new VarveError('EXECUTOR_ENDED', 'The container has ended');

/** Processes of this host that are in the same namespace, or have the same root. */
function sharing(kind: HeldParts['namespace'], pid: number): readonly number[] {
  const link = (of: string | number): string | undefined => {
    try {
      return readlinkSync(`/proc/${of}/${kind === 'root' ? kind : `ns/${kind}`}`);
    } catch {
      return undefined; // it has ended
    }
  };
  const wanted = link(pid);
  if (wanted === undefined) return [];
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && link(name) === wanted)
    .map(Number)
    .sort((a, b) => a - b);
}
