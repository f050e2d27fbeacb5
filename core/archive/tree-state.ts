import { hash } from 'node:crypto';
import { type Moment, momentOf } from './file-stamp.ts';
import type { TreeState } from './file-tree.ts';
import { childPath } from './paths.ts';
import type { SeenFiles } from './seen-files.ts';

/** A file among others of one directory. */
export interface SeenFile {
  readonly files: SeenFiles;
  readonly place: number;
}

export interface SeenTree {
  /** Which tree it is, whatever becomes of its files. */
  readonly of: string;
  /** When the first of its files was looked at, in nanoseconds since 1970: what is remembered of one may be as old. */
  readonly since: bigint;
  look(path: string): SeenFile | undefined;
  /** All files in a directory, of which those that are there have been looked at. */
  list(path: string): { readonly files: SeenFiles; isThere(place: number): boolean };
}

/** The state of what is at and below these paths, told by times and numbers. */
export function stateOf(paths: readonly string[], { of, since, look, list }: SeenTree): TreeState {
  const directories = new Map<string, string | undefined>();
  const pending: string[] = [];
  const told = new Telling(since);
  for (const path of paths) {
    const seen = look(path);
    if (seen === undefined) continue;
    told.add(seen);
    if (seen.files.isDirectory(seen.place)) pending.push(path);
    told.end(path, seen.files.bytes(seen.place));
  }
  for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
    if (directories.has(dir)) continue; // one source may lie in another
    const { files, isThere } = list(dir);
    for (let place = 0; place < files.names.length; place++) {
      if (!isThere(place)) continue;
      told.add({ files, place });
      if (files.isDirectory(place)) pending.push(childPath(dir, files.names[place] ?? ''));
    }
    directories.set(dir, told.end(`${dir}\0${files.names.join('\0')}`, files.bytes()));
  }
  return { of, id: told.id(), directories, size: told.size };
}

/** Adds up what is told of files, those of each directory together. */
class Telling {
  readonly #since: Moment;
  readonly #ids: string[] = [];
  #bytes = Buffer.allocUnsafeSlow(1 << 16);
  #isAlone = true;
  #isTold = true;
  size = 0;

  constructor(since: bigint) {
    this.#since = momentOf(since);
  }

  add({ files, place }: SeenFile): void {
    this.size++;
    if (files.isLinked(place)) this.#isAlone = false;
    if (!files.isSettled(place, this.#since)) this.#isTold = this.#isAlone = false;
  }

  /** What these files come to, where it may be told of them alone. */
  end(names: string, rows: Uint8Array): string | undefined {
    const length = names.length * 2 + rows.length;
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length * 2);
    const at = this.#bytes.write(names, 'utf16le'); // as they are, also where they are no UTF-8
    this.#bytes.set(rows, at);
    const id = hash('sha256', this.#bytes.subarray(0, length), 'base64');
    this.#ids.push(id);
    const isAlone = this.#isAlone;
    this.#isAlone = true;
    return isAlone ? id : undefined;
  }

  id(): string | undefined {
    return this.#isTold ? hash('sha256', this.#ids.join(''), 'hex') : undefined;
  }
}
