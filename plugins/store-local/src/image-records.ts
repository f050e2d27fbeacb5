import type { ImageRecord } from '@varve/core';
import { type DiffID, type Digest, MEDIA_TYPES, type Platform, parseDigest } from '@varve/core/image';
import type { Database, Row } from './database.ts';

type NewRecord = Omit<ImageRecord, 'names' | 'storedAt' | 'platforms'>;

export interface NewImage {
  readonly record: NewRecord;
  readonly layers: readonly { readonly diffId: DiffID; readonly digest: Digest /** Bytes of the tar. */; readonly size: number }[];
}

/** What an index names, and the blobs of what it names beside images. */
export interface NewEntry {
  readonly kind: 'image' | 'artifact' | 'blob';
  readonly digest: Digest;
  readonly platform?: Platform | undefined;
}

export interface NewIndex {
  readonly record: NewRecord;
  readonly images: readonly NewImage[];
  readonly entries: readonly NewEntry[];
}

/** What a record that was removed needed. */
export interface Left {
  readonly blobs: readonly Digest[];
  readonly layers: readonly DiffID[];
}

const COLUMNS = 'digest, media_type, manifest_size, id, created, size, stored_at';
/** Two images may come within one millisecond: the rowid knows which was later. */
const NEWEST_FIRST = 'stored_at DESC, rowid DESC';

/** Images and names in the tables. Everything that changes something is called in a transaction. */
export class ImageRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** An image that is there already stays as it came; one that was part of an index becomes its own too. */
  add(image: NewImage): void {
    this.#insertImage(image, { own: true });
    this.#own(image.record.descriptor.digest);
  }

  /** The index and its images; an image that is there already stays as it came. */
  addIndex({ record, images, entries }: NewIndex): void {
    for (const image of images) this.#insertImage(image, { own: false });
    const { digest } = record.descriptor;
    this.#insert(record, { own: true });
    for (const [position, entry] of entries.entries())
      this.#database.run(
        'INSERT OR IGNORE INTO index_entries (image, position, digest, kind, platform) VALUES (?, ?, ?, ?, ?)',
        digest,
        position,
        entry.digest,
        entry.kind,
        entry.platform === undefined ? null : JSON.stringify(entry.platform), // of a foreign index it may hold anything
      );
  }

  #insert({ descriptor, id, created, size }: NewRecord, { own }: Owning): void {
    this.#database.run(
      `INSERT OR IGNORE INTO images (${COLUMNS}, own) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      descriptor.digest,
      descriptor.mediaType,
      descriptor.size,
      id,
      created ?? null,
      size,
      Date.now(),
      own ? 1 : 0,
    );
  }

  #insertImage({ record, layers }: NewImage, owning: Owning): void {
    this.#insert(record, owning);
    const { digest } = record.descriptor;
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
    this.#own(digest);
  }

  #own(digest: Digest): void {
    this.#database.run('UPDATE images SET own = 1 WHERE digest = ?', digest);
  }

  unname(name: string): boolean {
    const isThere = this.#database.get('SELECT 1 FROM names WHERE name = ?', name) !== undefined;
    if (isThere) this.#database.run('DELETE FROM names WHERE name = ?', name);
    return isThere;
  }

  /**
   * An image on its own goes with all that it had, an index with its images too, as far as they are nobody else's. One that an index needs
   * only loses its names.
   */
  remove(digest: Digest): Left {
    const record = this.byDigest(digest);
    if (record === undefined) return { blobs: [], layers: [] };
    if (this.indexesWith(digest).length > 0) {
      this.#database.run('DELETE FROM names WHERE image = ?', digest);
      this.#database.run('UPDATE images SET own = 0 WHERE digest = ?', digest);
      return { blobs: [], layers: [] };
    }
    const entries = this.#database.all('SELECT digest, kind FROM index_entries WHERE image = ? ORDER BY position', digest);
    const layers = this.#database.all('SELECT diff_id FROM image_layers WHERE image = ? ORDER BY position', digest);
    for (const statement of ['images WHERE digest', 'image_layers WHERE image', 'names WHERE image', 'index_entries WHERE image'])
      this.#database.run(`DELETE FROM ${statement} = ?`, digest);
    const named = entries.map((row) => ({ kind: String(row.kind), digest: parseDigest(String(row.digest)) }));
    const parts = named.flatMap(({ kind, digest: part }) => (kind === 'image' && !this.isOwn(part) ? [this.remove(part)] : []));
    const others = named.flatMap(({ kind, digest: part }) => (kind === 'image' ? [] : [part]));
    return {
      blobs: [digest, record.id, ...others, ...parts.flatMap(({ blobs }) => blobs)],
      // as `#insertImage` wrote them
      layers: [...layers.map((row) => parseDigest(String(row.diff_id)) as DiffID), ...parts.flatMap((part) => part.layers)],
    };
  }

  /** Whether somebody asked for the image itself, and not only for an index that has it. */
  isOwn(digest: Digest): boolean {
    return this.#database.get('SELECT 1 FROM images WHERE digest = ? AND own = 1', digest) !== undefined;
  }

  /** Of the indexes that have an image. */
  indexesWith(digest: Digest): readonly Digest[] {
    return this.#database
      .all("SELECT DISTINCT image FROM index_entries WHERE digest = ? AND kind = 'image' ORDER BY image", digest)
      .map(({ image }) => parseDigest(String(image)));
  }

  byName(name: string): ImageRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM images WHERE digest = (SELECT image FROM names WHERE name = ?)`, name);
    return row === undefined ? undefined : this.#record(row);
  }

  byDigest(digest: string): ImageRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM images WHERE digest = ?`, digest);
    return row === undefined ? undefined : this.#record(row);
  }

  /** Whose ID or digest begins with this, newest first, parts of indexes last. */
  byPrefix(prefix: string): readonly ImageRecord[] {
    const end = `${prefix}g`; // comes after every hexadecimal digit
    return this.#database
      .all(
        `SELECT ${COLUMNS} FROM images WHERE (id >= ? AND id < ?) OR (digest >= ? AND digest < ?) ORDER BY own DESC, ${NEWEST_FIRST}`,
        prefix,
        end,
        prefix,
        end,
      )
      .map((row) => this.#record(row));
  }

  /** Without images that are here only as part of an index. */
  all(): readonly ImageRecord[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM images WHERE own = 1 ORDER BY ${NEWEST_FIRST}`).map((row) => this.#record(row));
  }

  #record(row: Row): ImageRecord {
    const digest = parseDigest(String(row.digest));
    const names = this.#database.all('SELECT name FROM names WHERE image = ? ORDER BY name', digest);
    return {
      descriptor: { mediaType: String(row.media_type), digest, size: Number(row.manifest_size) },
      id: parseDigest(String(row.id)),
      ...(isIndexType(String(row.media_type)) && { platforms: this.#platformsOf(digest) }),
      names: names.map(({ name }) => String(name)),
      created: row.created === null ? undefined : String(row.created),
      size: Number(row.size),
      storedAt: Number(row.stored_at),
    };
  }

  #platformsOf(index: Digest): readonly Platform[] {
    return this.#database
      .all("SELECT platform FROM index_entries WHERE image = ? AND kind = 'image' AND platform IS NOT NULL ORDER BY position", index)
      .map(({ platform }) => JSON.parse(String(platform)) as Platform); // as `addIndex` wrote it
  }
}

interface Owning {
  readonly own: boolean;
}

export const isIndexType = (mediaType: string): boolean => mediaType === MEDIA_TYPES.index || mediaType === MEDIA_TYPES.dockerList;
