import { asDiffID, asLayerID, type Descriptor, type DiffID, type LayerID, parseDigest } from '@varve/core/image';
import type { Database, Row } from './database.ts';

/** What the tables say about a layer. */
export interface LayerRecord {
  readonly id: LayerID;
  /** Known once there was a tar. */
  readonly diffId?: DiffID | undefined;
  /** Bytes of the uncompressed tar. */
  readonly size?: number | undefined;
  /** Where its files lie as files. */
  readonly directory?: string | undefined;
}

/** A layer whose tar is known. */
export interface TarRecord extends LayerRecord {
  readonly diffId: DiffID;
  readonly size: number;
}

export class LayerRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(id: LayerID): LayerRecord | undefined {
    const row = this.#database.get('SELECT diff_id, size, directory FROM layers WHERE id = ?', id);
    if (row === undefined) return undefined;
    return {
      id,
      diffId: typeof row.diff_id === 'string' ? asDiffID(parseDigest(row.diff_id)) : undefined,
      size: typeof row.size === 'number' ? row.size : undefined,
      directory: typeof row.directory === 'string' ? row.directory : undefined,
    };
  }

  /** The same for a diffID: a row that is called so, but says that it is another layer, is not what is asked for. */
  byDiffId(diffId: DiffID): TarRecord | undefined {
    const record = this.get(asLayerID(diffId));
    return record?.diffId === diffId && record.size !== undefined ? { ...record, diffId, size: record.size } : undefined;
  }

  /** The blobs that hold a layer as it came from elsewhere, always in the same order. */
  forms(diffId: DiffID): readonly Descriptor[] {
    return this.#database.all('SELECT digest, media_type, size FROM forms WHERE diff_id = ? ORDER BY digest', diffId).map(descriptorOf);
  }

  /** Which layer a blob holds. */
  layerOf({ digest }: Descriptor): DiffID | undefined {
    const row = this.#database.get('SELECT diff_id FROM forms WHERE digest = ?', digest);
    return row === undefined ? undefined : asDiffID(parseDigest(String(row.diff_id)));
  }

  /** A tar was made or came in: the layer is found under its own id and under its diffID. */
  setTar({ id, diffId, size }: TarRecord, form?: Descriptor): void {
    this.#database.transaction(() => {
      for (const name of new Set([id, asLayerID(diffId)]))
        this.#database.run(
          `INSERT INTO layers (id, diff_id, size) VALUES (?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET diff_id = excluded.diff_id, size = excluded.size`,
          name,
          diffId,
          size,
        );
      if (form !== undefined)
        this.#database.run(
          'INSERT OR REPLACE INTO forms (digest, diff_id, media_type, size) VALUES (?, ?, ?, ?)',
          form.digest,
          diffId,
          form.mediaType,
          form.size,
        );
    });
  }

  /** The layer's files lie in a directory. What was known under this id before may have been another layer. */
  setDirectory({ id, diffId, size, directory }: LayerRecord): void {
    this.#database.transaction(() =>
      this.#database.run(
        'INSERT OR REPLACE INTO layers (id, diff_id, size, directory) VALUES (?, ?, ?, ?)',
        id,
        diffId ?? null,
        size ?? null,
        directory ?? null,
      ),
    );
  }
}

const descriptorOf = ({ digest, media_type, size }: Row): Descriptor => ({
  mediaType: String(media_type),
  digest: parseDigest(String(digest)),
  size: Number(size),
});
