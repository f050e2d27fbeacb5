import { existsSync } from 'node:fs';
import { VarveError } from '@varve/core';
import { tryLock } from '@varve/core/system';
import { unwatched } from '../health/health-check.ts';
import type { ContainerRecord, ContainerSpec, ContainerState } from './container-record.ts';
import type { Database, Row } from './database.ts';
import type { Places } from './places.ts';

const COLUMNS = 'id, name, created_at, spec, state';
/** As for a process that a signal 9 ended. */
const KILLED = 137;

/** Containers in the tables. What a killed supervisor left as running is shown as what it is. */
export class ContainerTable {
  readonly #database: Database;
  readonly #places: Places;

  constructor(database: Database, places: Places) {
    this.#database = database;
    this.#places = places;
  }

  /** @throws VarveError `CONTAINER_NAME` if another has the name */
  add({ id, name, createdAt, spec, state }: ContainerRecord): void {
    this.#database.transaction(() => {
      this.#refuseTaken(name);
      this.#database.run(
        'INSERT INTO containers (id, name, image, status, created_at, spec, state) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        name,
        spec.image.manifest,
        state.status,
        createdAt,
        JSON.stringify(spec),
        JSON.stringify(state),
      );
    });
  }

  setSpec(id: string, spec: ContainerSpec): void {
    this.#database.transaction(() => this.#database.run('UPDATE containers SET spec = ? WHERE id = ?', JSON.stringify(spec), id));
  }

  /**
   * Puts another state in the place of the one that is there, alone among all processes.
   * @param next says what it is to be, or throws; it sees the state as it really is
   */
  change(id: string, next: (state: ContainerState) => ContainerState): ContainerRecord {
    return this.#database.transaction(() => {
      const record = this.byId(id);
      if (record === undefined) throw unknownContainer(id);
      const state = next(record.state);
      this.#write(id, state);
      return { ...record, state };
    });
  }

  /** `false`: there is no such container any more. */
  setRemoving(id: string): boolean {
    return this.#database.transaction(() => {
      const record = this.byId(id);
      if (record !== undefined) this.#write(id, { ...record.state, status: 'removing' });
      return record !== undefined;
    });
  }

  /** @throws VarveError `CONTAINER_NAME` */
  rename(id: string, name: string): void {
    this.#database.transaction(() => {
      this.#refuseTaken(name);
      this.#database.run('UPDATE containers SET name = ? WHERE id = ?', name, id);
    });
  }

  remove(id: string): void {
    this.#database.transaction(() => this.#database.run('DELETE FROM containers WHERE id = ?', id));
  }

  byId(id: string): ContainerRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM containers WHERE id = ?`, id);
    return row && this.#record(row);
  }

  byName(name: string): ContainerRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM containers WHERE name = ?`, name);
    return row && this.#record(row);
  }

  byPrefix(prefix: string): readonly ContainerRecord[] {
    return this.#database
      .all(`SELECT ${COLUMNS} FROM containers WHERE id >= ? AND id < ? LIMIT 2`, prefix, `${prefix}g`)
      .map((row) => this.#record(row));
  }

  /** Of an image, by the digest of its manifest. */
  ofImage(manifest: string): readonly ContainerRecord[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM containers WHERE image = ?`, manifest).map((row) => this.#record(row));
  }

  /** Newest first. */
  all(): readonly ContainerRecord[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM containers ORDER BY created_at DESC, rowid DESC`).map((row) => this.#record(row));
  }

  /** Whether a supervisor looks after it. */
  isSupervised(id: string): boolean {
    const path = this.#places.lock(id);
    if (!existsSync(path)) return false;
    using held = tryLock(path, { shared: true }); // shared: two who look at once do not take each other for a supervisor
    return held === undefined;
  }

  #refuseTaken(name: string): void {
    const other = this.#database.get('SELECT id FROM containers WHERE name = ?', name);
    if (other === undefined) return;
    throw new VarveError(
      'CONTAINER_NAME',
      `Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  }

  #write(id: string, state: ContainerState): void {
    this.#database.run('UPDATE containers SET status = ?, state = ? WHERE id = ?', state.status, JSON.stringify(state), id);
  }

  #record(row: Row): ContainerRecord {
    const id = String(row.id);
    return {
      id,
      name: String(row.name),
      createdAt: Number(row.created_at),
      spec: JSON.parse(String(row.spec)) as ContainerSpec, // as `add` wrote it
      state: this.#really(id, String(row.state)),
    };
  }

  /**
   * A process that nobody looks after any more has ended with its supervisor: that one was killed, or the machine stopped. One that ended
   * between both looks wrote first how.
   */
  #really(id: string, written: string): ContainerState {
    const state = JSON.parse(written) as ContainerState; // as `#write` did
    if ((state.status !== 'running' && state.status !== 'paused') || this.isSupervised(id)) return state;
    const now = this.#database.get('SELECT state FROM containers WHERE id = ?', id)?.state;
    if (now !== undefined && now !== written) return this.#really(id, String(now));
    return {
      ...state,
      status: 'exited',
      exitCode: KILLED,
      pid: undefined,
      supervisor: undefined,
      health: unwatched(state.health),
      finishedAt: state.finishedAt ?? state.startedAt,
    };
  }
}

export const unknownContainer = (text: string): VarveError =>
  new VarveError('CONTAINER_UNKNOWN', `No such container: ${text}`, { hint: '`varve ps -a` lists those that are here.' });
