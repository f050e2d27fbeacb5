import type { FileDigests } from '@varve/core';
import { type Content, decodeName, type FileStamp, hashContents } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import type { Database } from './database.ts';
import { StatCache } from './stat-cache.ts';

interface File {
  readonly path: string | Buffer;
  readonly stamp: FileStamp;
}

/** Milliseconds for which a use that was noted stands for later ones. */
const FRESH = 24 * 3_600_000;

/** Digests of files, read only when the file is not the one that was read last time. */
export class LocalFileDigests implements FileDigests {
  readonly #cache: StatCache;
  readonly #database: Database;
  readonly #recalled = new Set<string>();
  #files = 0;
  #bytes = 0;

  constructor(database: Database) {
    this.#cache = new StatCache(database);
    this.#database = database;
  }

  get read(): FileDigests['read'] {
    return { files: this.#files, bytes: this.#bytes };
  }

  async recall(name: string): Promise<string | undefined> {
    const row = this.#database.get('SELECT value, used_at FROM remembered WHERE name = ?', name);
    if (row === undefined) return undefined;
    if (Number(row.used_at) < Date.now() - FRESH) this.#recalled.add(name);
    return String(row.value);
  }

  async remember(name: string, value: string): Promise<void> {
    const insert = 'INSERT OR REPLACE INTO remembered (name, value, used_at) VALUES (?, ?, ?)';
    this.#database.transaction(() => this.#database.run(insert, name, value, Date.now()));
  }

  /** Notes what was recalled, all at once. */
  noteUse(): void {
    if (this.#recalled.size === 0) return;
    this.#database.transaction(() => {
      for (const name of this.#recalled) this.#database.run('UPDATE remembered SET used_at = ? WHERE name = ?', Date.now(), name);
    });
    this.#recalled.clear();
  }

  async digests(files: readonly File[], options?: Abortable): Promise<readonly string[]> {
    const known = this.#cache.find(files.map(({ stamp }) => stamp));
    const unknown = files.flatMap((file, i) => (known[i] === undefined ? [{ file, i }] : []));
    if (unknown.length === 0) return known as readonly string[]; // no gap is left
    const readAt = BigInt(Date.now()) * 1_000_000n;
    const hashed = await hashContents(
      unknown.map(({ file }) => contentOf(file)),
      options,
    );
    this.#files += unknown.length;
    this.#bytes += unknown.reduce((sum, { file }) => sum + file.stamp.size, 0);
    const fresh = unknown.map(({ file, i }, at) => ({ i, stamp: file.stamp, digest: hashed[at] ?? '' }));
    this.#cache.remember(fresh, readAt);
    const answers = [...known];
    for (const { i, digest } of fresh) answers[i] = digest;
    return answers as readonly string[]; // every gap is filled
  }
}

/** With its stamp: whoever reads compares it before and after. */
const contentOf = ({ path, stamp }: File): Content => ({
  kind: 'range',
  file: typeof path === 'string' ? path : decodeName(path),
  offset: 0,
  length: stamp.size,
  stamp,
});
