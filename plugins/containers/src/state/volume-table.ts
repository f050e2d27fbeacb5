import type { ContainerRecord } from './container-record.ts';
import type { Database, Row } from './database.ts';

export interface VolumeRecord {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Nobody gave it a name. */
  readonly anonymous: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

const COLUMNS = 'name, created_at, anonymous, labels';

/** Volumes in the tables; their files are the affair of `VolumeStore`. */
export class VolumeTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `false`: it was there already, and stays as it is. */
  add({ name, createdAt, anonymous, labels }: VolumeRecord): boolean {
    return this.#database.transaction(() => {
      const sql = 'INSERT OR IGNORE INTO volumes (name, created_at, anonymous, labels) VALUES (?, ?, ?, ?)';
      return this.#database.run(sql, name, createdAt, anonymous ? 1 : 0, JSON.stringify(labels)) > 0;
    });
  }

  /** Unless `isUsed` says so, asked when no container can come to be. */
  remove(name: string, isUsed: () => boolean): boolean {
    return this.#database.transaction(() => !isUsed() && this.#database.run('DELETE FROM volumes WHERE name = ?', name) > 0);
  }

  byName(name: string): VolumeRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM volumes WHERE name = ?`, name);
    return row && recordOf(row);
  }

  /** By name. */
  all(): readonly VolumeRecord[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM volumes ORDER BY name`).map(recordOf);
  }
}

const recordOf = (row: Row): VolumeRecord => ({
  name: String(row.name),
  createdAt: Number(row.created_at),
  anonymous: row.anonymous === 1,
  labels: JSON.parse(String(row.labels)) as VolumeRecord['labels'], // as `add` wrote it
});

export const usesVolume = ({ spec }: ContainerRecord, name: string): boolean =>
  spec.mounts.some((mount) => mount.type === 'volume' && mount.name === name);
