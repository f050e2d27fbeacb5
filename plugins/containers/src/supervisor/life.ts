import { messageOf, type ProcessResult, VarveError } from '@varve/core';
import type { Engine } from '../engine.ts';
import { healthCheckOf, STARTING, unwatched } from '../health/health-check.ts';
import { destroyContainer } from '../remove-container.ts';
import type { ContainerRecord, ContainerState } from '../state/container-record.ts';

/** What the store says of a container while somebody holds it. */
export class Life {
  readonly #engine: Engine;
  #record: ContainerRecord;

  constructor(engine: Engine, record: ContainerRecord) {
    this.#engine = engine;
    this.#record = record;
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  begin(pid: number): void {
    const health = healthCheckOf(this.#record.spec.config) && STARTING;
    this.#change(() => ({ status: 'running', pid: pid || undefined, supervisor: process.pid, startedAt: Date.now(), health }));
  }

  setStatus(status: 'running' | 'paused'): void {
    this.#change((state) => ({ ...state, status }));
  }

  setHealth(health: ContainerState['health']): void {
    this.#change((state) => ({ ...state, health }));
  }

  /** It has not come to run, or nobody could wait for its end. */
  async fail(failure: unknown): Promise<void> {
    const exitCode = VarveError.is(failure) ? failure.exitCode : undefined;
    this.#change(({ startedAt, finishedAt }) => {
      const status = startedAt === undefined ? 'created' : 'exited';
      return { status, exitCode: exitCode ?? 128, error: messageOf(failure), startedAt, finishedAt };
    });
    await this.#end();
  }

  async finish({ exitCode, outOfMemory }: ProcessResult): Promise<void> {
    this.#change(({ startedAt, health }) => ({
      status: 'exited',
      exitCode,
      outOfMemory,
      health: unwatched(health),
      startedAt,
      finishedAt: Date.now(),
    }));
    await this.#end();
  }

  async #end(): Promise<void> {
    if (this.#record.spec.autoRemove) await destroyContainer(this.#engine, this.#record, { volumes: true });
  }

  #change(next: (state: ContainerState) => ContainerState): void {
    this.#record = this.#engine.store.containers.change(this.#record.id, next);
  }
}
