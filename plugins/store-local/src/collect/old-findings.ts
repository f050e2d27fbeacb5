import type { StoredItem } from '@varve/core';
import type { Database } from '../database.ts';

/** Milliseconds: what was found in a tree, and not asked for in all that time, is most likely about a tree that is no more. */
const OLD = 30 * 24 * 3_600_000;

/** What was worked out about trees (`FileDigests.remember`): each change of a stage or context may leave a row behind. */
export class OldFindings {
  readonly #database: Database;
  readonly #before: number;

  constructor(database: Database, before = Date.now() - OLD) {
    this.#database = database;
    this.#before = before;
  }

  items(): readonly StoredItem[] {
    const sum = 'count(*) AS count, total(length(name) + length(value)) AS size, max(used_at) AS used_at';
    const { count, size, used_at: usedAt } = this.#database.get(`SELECT ${sum} FROM remembered WHERE used_at < ?`, this.#before) ?? {};
    if (!count) return [];
    const title = `what was found in ${count} trees that nothing was built from for a month`;
    return [{ id: 'findings/oldest', kind: 'digests', title, size: Number(size), usedAt: Number(usedAt), needs: [] }];
  }

  remove(): void {
    this.#database.transaction(() => this.#database.run('DELETE FROM remembered WHERE used_at < ?', this.#before));
    this.#database.compact();
  }
}
