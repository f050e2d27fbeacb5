import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { messageOf, VarveError } from '@varve/core';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** How long another process's transaction is waited for, in milliseconds. Transactions here take a few. */
const TIMEOUT = 20_000;

export type Row = Readonly<Record<string, SQLInputValue | undefined>>;

/** The tables of containers and volumes, opened when first asked. Reading where there are none gives no rows. */
export class Database implements AsyncDisposable {
  readonly #path: string;
  #open: DatabaseSync | undefined;
  #isWriting = false;

  constructor(path: string) {
    this.#path = path;
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#try(
      () =>
        (this.#existing()
          ?.prepare(sql)
          .all(...values) ?? []) as unknown as readonly Row[],
    );
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#try(
      () =>
        this.#existing()
          ?.prepare(sql)
          .get(...values) as Row | undefined,
    );
  }

  /** Changes something; only inside `transaction`. How many rows were changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    if (!this.#isWriting || this.#open === undefined) throw new TypeError('Written outside a transaction');
    return Number(this.#open.prepare(sql).run(...values).changes);
  }

  /** All of it or nothing, and alone among all processes. @throws VarveError `CONTAINER_STATE` */
  transaction<T>(work: () => T): T {
    if (this.#isWriting) return work();
    return this.#try(() => {
      const database = this.#existing() ?? this.#create();
      database.exec('BEGIN IMMEDIATE');
      this.#isWriting = true;
      try {
        const value = work();
        database.exec('COMMIT');
        return value;
      } catch (failure) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw failure;
      } finally {
        this.#isWriting = false;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open?.close();
    this.#open = undefined;
  }

  #existing(): DatabaseSync | undefined {
    if (this.#open !== undefined || !existsSync(this.#path)) return this.#open;
    const database = this.#connect();
    const version = versionOf(database);
    if (version === SCHEMA_VERSION) this.#open = database;
    else database.close(); // 0: another process is just making it
    if (version > SCHEMA_VERSION)
      throw new VarveError('CONTAINER_STATE', `Expected tables of version ${SCHEMA_VERSION} in ${this.#path}, found ${version}`, {
        hint: 'A newer varve made them: use that one, or choose another place with --root.',
      });
    return this.#open;
  }

  #create(): DatabaseSync {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const database = this.#connect();
    try {
      patiently(() => database.exec('PRAGMA journal_mode = WAL'));
      database.exec('BEGIN IMMEDIATE');
      if (versionOf(database) === 0) database.exec(SCHEMA);
      database.exec('COMMIT');
    } catch (failure) {
      database.close();
      throw failure;
    }
    this.#open = database;
    return database;
  }

  #connect(): DatabaseSync {
    const database = new (loadSqlite().DatabaseSync)(this.#path, { timeout: TIMEOUT });
    database.exec('PRAGMA synchronous = NORMAL');
    return database;
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException | undefined)?.code !== 'ERR_SQLITE_ERROR') throw cause;
      throw new VarveError('CONTAINER_STATE', `The tables of containers in ${this.#path} cannot be used: ${messageOf(cause)}`, {
        cause,
        hint: 'Look at the free space and the permissions of that directory.',
      });
    }
  }
}

const versionOf = (database: DatabaseSync): number => Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0] ?? 0);

/** Changing the journal mode does not wait for the lock of another process that does the same. */
function patiently(work: () => void): void {
  for (let attempt = 1; ; attempt++)
    try {
      work();
      return;
    } catch (failure) {
      if (!/locked|busy/i.test(messageOf(failure)) || attempt === 200) throw failure;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    }
}

/** Loaded when a database is opened. Node 22 calls it experimental, on stderr: nothing that a user of varve could act on. */
function loadSqlite(): typeof import('node:sqlite') {
  const warn = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = warn;
  }
}
