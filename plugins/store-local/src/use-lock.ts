import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { VarveError } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { isBusy, isReadonly, onStore } from './failures.ts';
import { loadSqlite } from './sqlite.ts';

/** Milliseconds between two tries. */
const PAUSE = 50;
/** How long a call that cannot wait in turns waits, in milliseconds. */
const PATIENCE = 20_000;

/**
 * Who works with a store shares this lock until it is done with it; a collection has it alone, so that nothing goes which somebody has
 * found and not used yet. SQLite's locks on a file of their own: they end with the process, and need no native code of ours.
 */
export class UseLock implements Disposable {
  readonly #file: string;
  readonly #store: string;
  #held: { readonly database: DatabaseSync; readonly how: 'shared' | 'alone' } | undefined;

  constructor(file: string, store: string) {
    this.#file = file;
    this.#store = store;
  }

  /** Waits while a collection is under way. Does nothing where there is no store, or one that nobody can change. */
  async share({ signal }: Abortable = {}): Promise<void> {
    while (!this.#tryShare(0)) await sleep(PAUSE, undefined, { signal });
  }

  /** The same for who cannot wait in turns. @throws VarveError `STORE_BUSY` */
  shareNow(): void {
    if (!this.#tryShare(PATIENCE))
      throw new VarveError('STORE_BUSY', `A collection is going on in the store at ${this.#store}`, { hint: 'Try again when it is done.' });
  }

  /** Does work while nobody else uses the store. `undefined`: somebody did all the time. */
  async alone<T>(
    work: () => Promise<T>,
    { wait, signal }: Abortable & { readonly wait: number },
  ): Promise<{ readonly value: T } | undefined> {
    this[Symbol.dispose]();
    for (const until = Date.now() + wait; !this.#try('alone', 0); await sleep(PAUSE, undefined, { signal }))
      if (Date.now() >= until) return undefined;
    try {
      return { value: await work() };
    } finally {
      this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#held?.database.close();
    this.#held = undefined;
  }

  #tryShare(timeout: number): boolean {
    if (this.#held !== undefined || !existsSync(dirname(this.#file))) return true;
    try {
      return this.#try('shared', timeout);
    } catch (failure) {
      if (isReadonly(failure) || isDenied(failure)) return true;
      throw failure;
    }
  }

  #try(how: 'shared' | 'alone', timeout: number): boolean {
    const database = new (loadSqlite().DatabaseSync)(this.#file, { timeout });
    try {
      database.exec(how === 'alone' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
      this.#held = { database, how };
      return true;
    } catch (failure) {
      database.close();
      if (isBusy(failure)) return false;
      return onStore(this.#store, () => {
        throw failure;
      });
    }
  }
}

const isDenied = (failure: unknown): boolean => VarveError.is(failure) && ['STORE_READONLY', 'STORE_DENIED'].includes(failure.code);
