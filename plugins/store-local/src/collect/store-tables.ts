import type { StoredItem } from '@varve/core';
import { type Digest, digestOf, parseDigest } from '@varve/core/image';
import type { Database, Row } from '../database.ts';

export interface ImageRow {
  readonly digest: Digest;
  readonly id: Digest;
  readonly names: readonly string[];
  readonly storedAt: number;
  /** diffIDs, bottom first. */
  readonly layers: readonly Digest[];
  /** Of an index: manifests of its images, and the blobs of what else it names. */
  readonly entries: readonly Digest[];
}
export interface LayerRow {
  /** The diffID, or where no tar was made the layer's id. */
  readonly name: Digest;
  /** Everything that it is called. */
  readonly ids: readonly Digest[];
  /** Every blob that may hold it. */
  readonly blobs: readonly Digest[];
  readonly directory: string | undefined;
  /** Of a step that made it. */
  readonly title: string | undefined;
}

/** What the tables say about who needs what. */
export class StoreTables {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  images(): readonly ImageRow[] {
    const names = grouped(this.#database.all('SELECT image AS owner, name AS value FROM names ORDER BY name'));
    const layers = grouped(this.#database.all('SELECT image AS owner, diff_id AS value FROM image_layers ORDER BY image, position'));
    const entries = grouped(this.#database.all('SELECT image AS owner, digest AS value FROM index_entries ORDER BY image, position'));
    return this.#database.all('SELECT digest, id, stored_at FROM images').map((row) => ({
      digest: digestIn(row, 'digest'),
      id: digestIn(row, 'id'),
      names: names.get(String(row.digest)) ?? [],
      storedAt: Number(row.stored_at),
      layers: (layers.get(String(row.digest)) ?? []).map((text) => parseDigest(text)),
      entries: (entries.get(String(row.digest)) ?? []).map((text) => parseDigest(text)),
    }));
  }

  layers(): readonly LayerRow[] {
    const forms = grouped(
      this.#database.all(
        'SELECT diff_id AS owner, digest AS value FROM forms UNION SELECT diff_id AS owner, digest AS value FROM image_layers',
      ),
    );
    const titles = new Map(this.#database.all('SELECT layer, title FROM records').map((row) => [String(row.layer), String(row.title)]));
    const rows = this.#database.all('SELECT id, COALESCE(diff_id, id) AS name, diff_id, directory FROM layers');
    return [...Map.groupBy(rows, ({ name }) => String(name))].map(([name, same]) => {
      const ids = [...new Set([name, ...same.map(({ id }) => String(id))])];
      const hasTar = same.some(({ diff_id }) => diff_id !== null);
      const directory = same.map((row) => row.directory).find((value) => typeof value === 'string');
      return {
        name: parseDigest(name),
        ids: ids.map((id) => parseDigest(id)),
        blobs: hasTar ? [name, ...(forms.get(name) ?? [])].map((digest) => parseDigest(digest)) : [],
        directory: directory as string | undefined,
        title: ids.map((id) => titles.get(id)).find((title) => title !== undefined),
      };
    });
  }

  /** Results of steps; each needs its layer, and the result of the step below, without which nobody asks for it. */
  steps(): readonly StoredItem[] {
    const rows = this.#database.all('SELECT key, parent, kind, title, layer, created_at, used_at FROM records');
    const byState = new Map(rows.map(({ key, layer }) => [stateOf(String(key), String(layer)), String(key)]));
    return rows.map((row) => {
      const below = byState.get(String(row.parent));
      return {
        id: `step/${row.key}`,
        kind: 'step',
        title: String(row.title),
        size: 0,
        usedAt: Number(row.used_at) || Date.parse(String(row.created_at)),
        needs: [`layer/${row.layer}`, ...(below === undefined ? [] : [`step/${below}`])],
      };
    });
  }

  removeSteps(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#database.transaction(() => {
      for (const key of keys) this.#database.run('DELETE FROM records WHERE key = ?', key);
    });
  }
}

/** As the kernel names what lies below a step. */
const stateOf = (key: string, layer: string): string => digestOf(`${key} ${layer}`);

const digestIn = (row: Row, column: string): Digest => parseDigest(String(row[column]));

function grouped(rows: readonly Row[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { owner, value } of rows) {
    const group = groups.get(String(owner));
    if (group === undefined) groups.set(String(owner), [String(value)]);
    else group.push(String(value));
  }
  return groups;
}
