import type { CacheRecord, CacheStore, KeyParts } from '@varve/core';
import { type Abortable, asCacheKey, asLayerID, type CacheKey, parseDigest } from '@varve/core/image';
import type { Database, Row } from './database.ts';
import type { UseLock } from './use-lock.ts';

/** Siblings that are looked at to explain a miss. */
const SIBLINGS = 20;
/** A use is noted when the last one was longer ago than this, in milliseconds: as file systems do it with `relatime`. */
const FRESH = 3_600_000;
const COLUMNS = 'key, parts, parent, kind, title, layer, created_at';

/** Results of steps, with what they were made from. */
export class LocalCacheStore implements CacheStore {
  readonly name = 'local';
  readonly #database: Database;
  readonly #use: UseLock;
  readonly #used = new Set<CacheKey>();

  constructor(database: Database, use: UseLock) {
    this.#database = database;
    this.#use = use;
  }

  async get(key: CacheKey, options?: Abortable): Promise<CacheRecord | undefined> {
    await this.#use.share(options);
    const row = this.#database.get(`SELECT ${COLUMNS}, used_at FROM records WHERE key = ?`, key);
    if (row === undefined) return undefined;
    if (Number(row.used_at) < Date.now() - FRESH) this.#used.add(key);
    return recordOf(row);
  }

  /** Notes which results were of use, all at once: a transaction for each hit would cost more than the hit. */
  noteUse(): void {
    if (this.#used.size === 0) return;
    this.#database.transaction(() => {
      for (const key of this.#used) this.#database.run('UPDATE records SET used_at = ? WHERE key = ?', Date.now(), key);
    });
    this.#used.clear();
  }

  async put({ key, parts, parent, kind, title, layer, createdAt }: CacheRecord): Promise<void> {
    const values = [key, JSON.stringify(parts), parent, kind, title, layer, createdAt, Date.now()];
    this.#database.transaction(() =>
      this.#database.run(`INSERT OR REPLACE INTO records (${COLUMNS}, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, ...values),
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
