import type { ImageRecord } from '@varve/core';
import { type DiffID, type Digest, parseDigest } from '@varve/core/image';
import type { Database, Row } from './database.ts';

export interface NewImage {
  readonly record: Omit<ImageRecord, 'names' | 'storedAt'>;
  readonly layers: readonly { readonly diffId: DiffID; readonly digest: Digest }[];
}

const COLUMNS = 'digest, media_type, manifest_size, id, created, size, stored_at';
/** Two images may come within one millisecond: the rowid knows which was later. */
const NEWEST_FIRST = 'ORDER BY stored_at DESC, rowid DESC';

/** Images and names in the tables. Everything that changes something is called in a transaction. */
export class ImageRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** An image that is there already stays as it came. */
  add({ record, layers }: NewImage): void {
    const { descriptor, id, created, size } = record;
    const { digest, mediaType, size: manifestSize } = descriptor;
    this.#database.run(
      `INSERT OR IGNORE INTO images (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      digest,
      mediaType,
      manifestSize,
      id,
      created ?? null,
      size,
      Date.now(),
    );
    for (const [position, layer] of layers.entries())
      this.#database.run(
        'INSERT OR IGNORE INTO image_layers (image, position, diff_id, digest) VALUES (?, ?, ?, ?)',
        digest,
        position,
        layer.diffId,
        layer.digest,
      );
  }

  /** Takes the name from whichever image had it. */
  name(digest: Digest, name: string): void {
    this.#database.run('INSERT OR REPLACE INTO names (name, image) VALUES (?, ?)', name, digest);
  }

  unname(name: string): boolean {
    const isThere = this.#database.get('SELECT 1 FROM names WHERE name = ?', name) !== undefined;
    if (isThere) this.#database.run('DELETE FROM names WHERE name = ?', name);
    return isThere;
  }

  /** The layers that the image had, bottom first; `undefined` where there is no such image. */
  remove(digest: Digest): readonly DiffID[] | undefined {
    if (this.byDigest(digest) === undefined) return undefined;
    const layers = this.#database
      .all('SELECT diff_id FROM image_layers WHERE image = ? ORDER BY position', digest)
      .map((row) => parseDigest(String(row.diff_id)) as DiffID); // as `add` wrote it
    for (const statement of ['images WHERE digest', 'image_layers WHERE image', 'names WHERE image'])
      this.#database.run(`DELETE FROM ${statement} = ?`, digest);
    return layers;
  }

  byName(name: string): ImageRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM images WHERE digest = (SELECT image FROM names WHERE name = ?)`, name);
    return row === undefined ? undefined : this.#record(row);
  }

  byDigest(digest: string): ImageRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM images WHERE digest = ?`, digest);
    return row === undefined ? undefined : this.#record(row);
  }

  /** Whose ID or digest begins with this, newest first. */
  byPrefix(prefix: string): readonly ImageRecord[] {
    const end = `${prefix}g`; // comes after every hexadecimal digit
    return this.#database
      .all(
        `SELECT ${COLUMNS} FROM images WHERE (id >= ? AND id < ?) OR (digest >= ? AND digest < ?) ${NEWEST_FIRST}`,
        prefix,
        end,
        prefix,
        end,
      )
      .map((row) => this.#record(row));
  }

  all(): readonly ImageRecord[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM images ${NEWEST_FIRST}`).map((row) => this.#record(row));
  }

  #record(row: Row): ImageRecord {
    const digest = parseDigest(String(row.digest));
    const names = this.#database.all('SELECT name FROM names WHERE image = ? ORDER BY name', digest);
    return {
      descriptor: { mediaType: String(row.media_type), digest, size: Number(row.manifest_size) },
      id: parseDigest(String(row.id)),
      names: names.map(({ name }) => String(name)),
      created: row.created === null ? undefined : String(row.created),
      size: Number(row.size),
      storedAt: Number(row.stored_at),
    };
  }
}
