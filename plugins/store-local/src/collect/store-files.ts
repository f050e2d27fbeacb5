import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, hexOf } from '@varve/core/image';
import type { StoreRoot } from '../store-root.ts';

interface Found {
  /** Bytes on disk. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The files of a store as they lie there at one moment. What somebody takes is his: what is left at the end belongs to nobody. */
export class StoreFiles {
  readonly blobs: Map<string, Found>;
  readonly indexes: Map<string, Found>;
  readonly temporary: Map<string, Found>;
  readonly #allBlobs: ReadonlySet<string>;

  constructor(root: StoreRoot) {
    this.blobs = new Map(Object.values(root.blobs).flatMap((folder) => [...filesIn(folder)])); // names of each algorithm have a length of their own
    this.indexes = filesIn(root.indexes);
    this.temporary = filesIn(root.temporary);
    this.#allBlobs = new Set(this.blobs.keys());
  }

  hasBlob = (digest: Digest): boolean => this.#allBlobs.has(hexOf(digest));

  /** Bytes of those that are here; a blob that two have counts for the first. */
  takeBlobs = (digests: readonly Digest[]): number =>
    digests.reduce((sum, digest) => sum + take(this.blobs, hexOf(digest)) + take(this.blobs, `${hexOf(digest)}.corrupt`), 0);

  takeIndexes = (ids: readonly Digest[]): number => ids.reduce((sum, id) => sum + take(this.indexes, `${hexOf(id)}.json`), 0);

  /** When the newest of these indexes was written. */
  indexTime = (ids: readonly Digest[]): number => Math.max(0, ...ids.map((id) => this.indexes.get(`${hexOf(id)}.json`)?.time ?? 0));
}

function take(files: Map<string, Found>, name: string): number {
  const size = files.get(name)?.size ?? 0;
  files.delete(name);
  return size;
}

function filesIn(directory: string): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    const stat = lstatSync(join(directory, name), { throwIfNoEntry: false });
    if (stat !== undefined) found.set(name, { size: stat.blocks * 512, time: stat.mtimeMs });
  }
  return found;
}
