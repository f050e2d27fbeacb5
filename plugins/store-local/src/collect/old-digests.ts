import type { StoredItem } from '@varve/core';
import type { Database } from '../database.ts';

/** How many digests of files are worth their room whatever the budget: as many as a dozen large projects have files. */
const KEPT = 500_000;
/** Bytes that a row takes with its share of the tree above it, as measured. */
const ROW = 64;

/**
 * Digests of files that are remembered by inode. Those of files that are gone cannot be told from others, but files that were changed the
 * longest ago are those of clones and build folders that have long made room for new ones.
 */
export class OldDigests {
  readonly #database: Database;
  readonly #kept: number;

  constructor(database: Database, kept = KEPT) {
    this.#database = database;
    this.#kept = kept;
  }

  items(): readonly StoredItem[] {
    const surplus = this.#count() - this.#kept;
    if (surplus <= 0) return [];
    const title = `digests of the ${surplus} files that were changed the longest ago`;
    return [{ id: 'digests/oldest', kind: 'digests', title, size: surplus * ROW, usedAt: 0, needs: [] }];
  }

  remove(): void {
    if (this.#count() <= this.#kept) return;
    this.#database.transaction(() =>
      this.#database.run('DELETE FROM files WHERE ctime < (SELECT ctime FROM files ORDER BY ctime DESC LIMIT 1 OFFSET ?)', this.#kept - 1),
    );
    this.#database.compact();
  }

  #count = (): number => Number(this.#database.get('SELECT count(*) AS count FROM files')?.count ?? 0);
}
