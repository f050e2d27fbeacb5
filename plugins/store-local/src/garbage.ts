import { asDiffID, asLayerID, type DiffID, type Digest, type LayerID, parseDigest } from '@varve/core/image';
import type { BlobStore } from './blob-store.ts';
import type { Database } from './database.ts';
import type { LocalLayerStore } from './layer-store.ts';

export interface GarbageStores {
  readonly content: BlobStore;
  readonly layers: LocalLayerStore;
}

/**
 * What removed images leave. `add` belongs to the transaction that removes the image; `collect` is one of its own, so that an image is
 * gone before its first blob is, also when the process is killed in between. What is needed again by then, stays: no image can come into
 * the store while `collect` looks, and who stores one looks under the same lock whether everything is there.
 */
export class Garbage {
  readonly #database: Database;
  readonly #stores: GarbageStores;

  constructor(database: Database, stores: GarbageStores) {
    this.#database = database;
    this.#stores = stores;
  }

  /** In a transaction. */
  add(blobs: readonly Digest[], layers: readonly DiffID[]): void {
    for (const digest of blobs) this.#database.run("INSERT OR IGNORE INTO garbage (digest, kind) VALUES (?, 'blob')", digest);
    for (const digest of layers) this.#database.run("INSERT OR IGNORE INTO garbage (digest, kind) VALUES (?, 'layer')", digest);
  }

  /** Deletes what nothing needs and says what that was. */
  collect(): readonly Digest[] {
    return this.#database.transaction(() => {
      const deleted: Digest[] = [];
      for (const row of this.#database.all('SELECT digest, kind FROM garbage ORDER BY kind, digest')) {
        const digest = parseDigest(String(row.digest));
        if (row.kind === 'layer') deleted.push(...this.#collectLayer(asDiffID(digest)));
        else if (!this.#isBlobNeeded(digest) && this.#stores.content.removeNow(digest)) deleted.push(digest);
      }
      this.#database.run('DELETE FROM garbage');
      return deleted;
    });
  }

  #isBlobNeeded(digest: Digest): boolean {
    return (
      this.#has('SELECT 1 FROM images WHERE digest = ? OR id = ?', digest, digest) ||
      this.#has('SELECT 1 FROM index_entries WHERE digest = ?', digest)
    );
  }

  #collectLayer(diffId: DiffID): readonly Digest[] {
    if (this.#isLayerNeeded(diffId)) return [];
    const { content, layers } = this.#stores;
    const blobs = layers.blobsOf(diffId).filter((digest) => content.removeNow(digest));
    for (const id of this.#idsOf(diffId)) layers.removeIndex(id);
    this.#database.run('DELETE FROM layers WHERE diff_id = ? OR id = ?', diffId, diffId);
    this.#database.run('DELETE FROM forms WHERE diff_id = ?', diffId);
    return blobs;
  }

  /** By an image, or by a cached step: its record would otherwise point at nothing, and the step be done again. */
  #isLayerNeeded(diffId: DiffID): boolean {
    return (
      this.#has('SELECT 1 FROM image_layers WHERE diff_id = ?', diffId) ||
      this.#has('SELECT 1 FROM records WHERE layer IN (SELECT ? UNION SELECT id FROM layers WHERE diff_id = ?)', diffId, diffId)
    );
  }

  #idsOf(diffId: DiffID): readonly LayerID[] {
    const rows = this.#database.all('SELECT id FROM layers WHERE diff_id = ?', diffId);
    return [asLayerID(diffId), ...rows.map(({ id }) => asLayerID(parseDigest(String(id))))];
  }

  #has(sql: string, ...values: readonly string[]): boolean {
    return this.#database.get(`${sql} LIMIT 1`, ...values) !== undefined;
  }
}
