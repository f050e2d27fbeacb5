import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { holdLock } from '../files/hold-lock.ts';
import { type FileFailure, replaceFile } from '../files/replace-file.ts';
import type { ManifestList } from './manifest-list.ts';

/** Manifest lists in the store's folder, a file for each. They become visible by a rename; a change is one step, beside other processes too. */
export class ListStore {
  readonly #dir: string;

  constructor(root: string) {
    this.#dir = join(root, 'manifest-lists');
  }

  async find(name: string): Promise<ManifestList | undefined> {
    const text = await readFile(this.#file(name), 'utf8').catch((failure: NodeJS.ErrnoException) => {
      if (failure.code === 'ENOENT') return undefined;
      throw this.#failure(name)(`it cannot be read: ${failure.code}`, failure);
    });
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as ManifestList; // we wrote it
    } catch (cause) {
      throw this.#failure(name)('its file is damaged', cause);
    }
  }

  /** @throws VarveError `MANIFEST_LIST` */
  async get(name: string): Promise<ManifestList> {
    const list = await this.find(name);
    if (list === undefined)
      throw new VarveError('MANIFEST_LIST', `No such manifest list: ${name}`, { hint: 'varve manifest create makes one.' });
    return list;
  }

  /** Puts what `change` makes of the list in its place. */
  async change(name: string, change: (list: ManifestList | undefined) => ManifestList): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const failure = this.#failure(name);
    await using _ = await holdLock(`${this.#file(name)}.lock`, failure);
    const list = change(await this.find(name));
    await replaceFile(this.#file(name), `${JSON.stringify(list, undefined, '\t')}\n`, failure);
  }

  /** @throws VarveError `MANIFEST_LIST` */
  async remove(name: string): Promise<void> {
    await this.get(name);
    await rm(this.#file(name), { force: true });
  }

  #file(name: string): string {
    return join(this.#dir, `${createHash('sha256').update(name).digest('hex')}.json`);
  }

  #failure(name: string): FileFailure {
    return (why, cause) => new VarveError('MANIFEST_LIST', `The manifest list ${name}: ${why}`, { cause });
  }
}
