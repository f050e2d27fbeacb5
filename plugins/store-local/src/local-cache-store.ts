import type { CacheRecord, CacheStore, KeyParts } from '@varve/core';
import { asCacheKey, asLayerID, type CacheKey, parseDigest } from '@varve/core/image';
import type { Database, Row } from './database.ts';

/** Siblings that are looked at to explain a miss. */
const SIBLINGS = 20;
const COLUMNS = 'key, parts, parent, kind, title, layer, created_at';

/** Results of steps, with what they were made from. */
export class LocalCacheStore implements CacheStore {
  readonly name = 'local';
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(key: CacheKey): Promise<CacheRecord | undefined> {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM records WHERE key = ?`, key);
    return row === undefined ? undefined : recordOf(row);
  }

  async put({ key, parts, parent, kind, title, layer, createdAt }: CacheRecord): Promise<void> {
    const values = [key, JSON.stringify(parts), parent, kind, title, layer, createdAt];
    this.#database.transaction(() =>
      this.#database.run(`INSERT OR REPLACE INTO records (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`, ...values),
    );
  }

  async siblings(parent: string, kind: string): Promise<readonly CacheRecord[]> {
    return this.#database
      .all(`SELECT ${COLUMNS} FROM records WHERE parent = ? AND kind = ? ORDER BY sequence DESC LIMIT ${SIBLINGS}`, parent, kind)
      .map(recordOf);
  }
}

const recordOf = (row: Row): CacheRecord => ({
  key: asCacheKey(parseDigest(String(row.key))),
  parts: JSON.parse(String(row.parts)) as KeyParts, // as `put` wrote it
  parent: String(row.parent),
  kind: String(row.kind),
  title: String(row.title),
  layer: asLayerID(parseDigest(String(row.layer))),
  createdAt: String(row.created_at),
});
