import type { Keeper, StoredItem } from '@varve/core';
import { type Abortable, isDigest } from '@varve/core/image';
import { blocksOf } from '@varve/core/system';
import type { LocalStore } from '../local-store.ts';
import { Leftovers } from './leftovers.ts';
import { OldDigests } from './old-digests.ts';
import { OldFindings } from './old-findings.ts';
import { sizeOf } from './plan-collection.ts';
import { StoreFiles } from './store-files.ts';
import { StoreTables } from './store-tables.ts';

/** What the store keeps: images, layers, results of steps, and what nothing refers to. */
export class StoreKeeper implements Keeper {
  readonly name = 'store';
  readonly #store: LocalStore;
  readonly #tables: StoreTables;
  readonly #leftovers: Leftovers;
  readonly #digests: OldDigests;
  readonly #findings: OldFindings;

  constructor(store: LocalStore) {
    this.#store = store;
    this.#tables = new StoreTables(store.database);
    this.#leftovers = new Leftovers(store.root);
    this.#digests = new OldDigests(store.database);
    this.#findings = new OldFindings(store.database);
  }

  async items(options?: Abortable): Promise<readonly StoredItem[]> {
    if (!this.#store.root.isThere()) return [];
    const files = new StoreFiles(this.#store.root);
    const known = [...this.#images(files), ...this.#layers(files), ...this.#tables.steps()];
    const digests = [...this.#digests.items(), ...this.#findings.items()];
    return [...known, ...digests, ...(await this.#leftovers.items(files, options)), this.#folders(sizeOf(digests))];
  }

  async remove(ids: readonly string[], { signal }: Abortable = {}): Promise<void> {
    const named = (kind: string): readonly string[] => ids.filter((id) => id.startsWith(`${kind}/`)).map((id) => id.slice(kind.length + 1));
    this.#tables.removeSteps(named('step'));
    for (const digest of named('image')) {
      signal?.throwIfAborted();
      const record = await this.#store.images.find(digest);
      if (record !== undefined) await this.#store.images.remove(record);
    }
    this.#store.images.forgetLayers(named('layer').filter(isDigest));
    this.#leftovers.remove(named('leftover'));
    if (ids.includes('digests/oldest')) this.#digests.remove();
    if (ids.includes('findings/oldest')) this.#findings.remove();
  }

  #images(files: StoreFiles): readonly StoredItem[] {
    return this.#tables.images().map(({ digest, id, names, storedAt, layers, entries }) => ({
      id: `image/${digest}`,
      kind: 'image',
      title: names[0] ?? `image ${id.slice('sha256:'.length, 'sha256:'.length + 12)}`,
      size: files.takeBlobs([digest, id, ...entries]),
      usedAt: storedAt,
      needs: [...layers.map((diffId) => `layer/${diffId}`), ...entries.map((entry) => `image/${entry}`)],
      held: names.length === 0 ? undefined : `is called ${names.join(', ')}`,
    }));
  }

  #layers(files: StoreFiles): readonly StoredItem[] {
    return this.#tables.layers().map(({ name, ids, blobs, directory, title }) => {
      const hasTar = blobs.some((digest) => files.hasBlob(digest));
      return {
        id: `layer/${name}`,
        aliases: ids.map((id) => `layer/${id}`),
        kind: 'layer',
        title: `layer of ${title ?? `an image, ${name.slice('sha256:'.length, 'sha256:'.length + 12)}`}`,
        usedAt: files.indexTime(ids),
        size: files.takeBlobs(blobs) + files.takeIndexes(ids),
        needs: hasTar || directory === undefined ? [] : [`directory${directory}`],
      };
    });
  }

  /** Without the files that SQLite has beside its own while it is open. `others`: bytes of the tables that other items stand for. */
  #folders(others: number): StoredItem {
    const { path, blobs, indexes, database, temporary, file } = this.#store.root;
    const folders = [path, `${path}/blobs`, ...Object.values(blobs), indexes, `${path}/db`, temporary, `${path}/snapshots`, `${path}/mnt`];
    const size = [...folders, file, database, `${path}/db/use.sqlite`].reduce((sum, each) => sum + blocksOf(each), -others);
    return { id: 'store/tables', kind: 'store', title: 'tables of the store', size, usedAt: Date.now(), needs: [], held: 'holds the rest' };
  }
}
