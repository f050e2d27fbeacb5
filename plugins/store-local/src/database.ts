import { existsSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isBusy, isReadonly, onStore } from './failures.ts';
import { migrationFrom, SCHEMA_VERSION } from './schema.ts';
import { loadSqlite } from './sqlite.ts';
import type { StoreRoot } from './store-root.ts';

/** How long another process's transaction is waited for, in milliseconds. Transactions here take a few. */
const TIMEOUT = 20_000;

export type Row = Readonly<Record<string, SQLInputValue | undefined>>;

/**
 * The tables of a store, opened when first asked. Reading where there is no store gives no rows. One connection, whose transactions are
 * synchronous from begin to commit, so that nothing of another task of this process gets in between.
 */
export class Database implements AsyncDisposable {
  readonly #root: StoreRoot;
  readonly #statements = new Map<string, StatementSync>();
  #open: DatabaseSync | undefined;
  #version: unknown;
  #isWriting = false;

  constructor(root: StoreRoot) {
    this.#root = root;
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#read((database) => this.#prepare(database, sql).all(...values) as unknown as readonly Row[], []);
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#read((database) => this.#prepare(database, sql).get(...values) as Row | undefined, undefined);
  }

  /**
   * Row by row, as arrays with integers as bigints: for so many that they are not to be held together, and for numbers that are longer than a
   * double holds. Returns how many there were.
   */
  each(sql: string, values: readonly SQLInputValue[], visit: (row: readonly SQLInputValue[]) => void): number {
    return this.#read((database) => {
      const statement = this.#prepare(database, sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      let count = 0;
      for (const row of statement.iterate(...values)) {
        visit(row as unknown as readonly SQLInputValue[]);
        count++;
      }
      return count;
    }, 0);
  }

  /** Changes something; only inside `transaction`. */
  run(sql: string, ...values: readonly SQLInputValue[]): void {
    if (!this.#isWriting || this.#open === undefined) throw new TypeError('Written outside a transaction');
    this.#prepare(this.#open, sql).run(...values);
  }

  /** All of it or nothing, and alone among all processes. @throws VarveError `STORE_…` */
  transaction<T>(work: () => T): T {
    if (this.#isWriting) return work();
    this.#root.ensure();
    return onStore(this.#root.path, () => {
      const database = this.#opened(() => this.#create());
      database.exec('BEGIN IMMEDIATE');
      this.#isWriting = true;
      try {
        const value = work();
        database.exec('COMMIT');
        return value;
      } catch (failure) {
        rollback(database);
        throw failure;
      } finally {
        this.#isWriting = false;
      }
    });
  }

  /**
   * Moves what was written from the journal into the database's file, which is not written again when it is closed. `false` where somebody
   * still reads what was there before.
   */
  settle(): boolean {
    if (this.#open === undefined) return false;
    const { busy, log, checkpointed } = this.#open.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() ?? {};
    return busy === 0 && log === checkpointed;
  }

  /** Whether nobody else has written since it was opened. */
  isOurs(): boolean {
    return this.#open !== undefined && this.#version === dataVersionOf(this.#open);
  }

  /** Gives room of what was deleted back to the file system. Reads and writes everything: only while nobody else uses the store. */
  compact(): void {
    onStore(this.#root.path, () => this.#open?.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#statements.clear();
    this.#open?.close();
    this.#open = undefined;
  }

  #read<T>(work: (database: DatabaseSync) => T, empty: T): T {
    return onStore(this.#root.path, () => {
      const database = this.#opened(() => this.#find());
      return database === undefined ? empty : work(database);
    });
  }

  #opened<D extends DatabaseSync | undefined>(open: () => D): DatabaseSync | D {
    if (this.#open !== undefined) return this.#open;
    const database = open();
    this.#open = database;
    this.#version = database && dataVersionOf(database);
    return database;
  }

  #find(): DatabaseSync | undefined {
    if (!this.#root.isThere() || !existsSync(this.#root.database)) return undefined;
    const database = this.#connectReading();
    const version = versionOf(database);
    if (version === SCHEMA_VERSION) return database;
    database.close();
    if (version > SCHEMA_VERSION) throw this.#root.wrongFormat(version);
    return version === 0 ? undefined /* another process is just making it */ : this.#create();
  }

  /** On a read-only file system WAL mode has no place for its locks; nobody else can write there either, so none are needed. */
  #connectReading(): DatabaseSync {
    try {
      return this.#connect();
    } catch (failure) {
      if (!isReadonly(failure)) throw failure;
      const url = pathToFileURL(this.#root.database);
      url.searchParams.set('immutable', '1');
      return new (loadSqlite().DatabaseSync)(url, { readOnly: true });
    }
  }

  /** Makes the tables, or brings those of an earlier version up to this one. */
  #create(): DatabaseSync {
    const database = this.#connect();
    try {
      patiently(() => database.exec('PRAGMA journal_mode = WAL'));
      database.exec('BEGIN IMMEDIATE');
      const version = versionOf(database);
      if (version > SCHEMA_VERSION) throw this.#root.wrongFormat(version);
      if (version < SCHEMA_VERSION) database.exec(migrationFrom(version));
      database.exec('COMMIT');
      return database;
    } catch (failure) {
      database.close();
      throw failure;
    }
  }

  /**
   * In WAL mode NORMAL keeps every transaction whole whatever happens, and costs no flush for each: a machine that loses its power may
   * forget the last few.
   */
  #connect(): DatabaseSync {
    const { DatabaseSync } = loadSqlite();
    const database = new DatabaseSync(this.#root.database, { timeout: TIMEOUT });
    try {
      database.exec('PRAGMA synchronous = NORMAL');
      return database;
    } catch (failure) {
      database.close();
      throw failure;
    }
  }

  #prepare(database: DatabaseSync, sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

const versionOf = (database: DatabaseSync): number => Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0] ?? 0);

/** Changes when another connection has written, of this process or another one. */
const dataVersionOf = (database: DatabaseSync): unknown => database.prepare('PRAGMA data_version').get()?.data_version;

function rollback(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back already (disk full); the first failure is the one to tell
  }
}

/** Changing the journal mode does not wait for the lock of another process that does the same. */
function patiently(work: () => void): void {
  for (let attempt = 1; ; attempt++)
    try {
      work();
      return;
    } catch (failure) {
      if (!isBusy(failure) || attempt === 200) throw failure;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    }
}
