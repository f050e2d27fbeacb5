import { createHash } from 'node:crypto';
import type { Entry, LayerIndex } from './entry.ts';
import { type ColumnParts, EntryColumns, entryAt, resized, typeAt } from './entry-columns.ts';
import { decodeLatin1Name, encodeName } from './names.ts';
import { compareEntries } from './order.ts';
import { baseName, childPath, parentOf } from './paths.ts';

const FIRST_ROOM = 64;

/** Paths: each directory once, and the bytes of all names, one behind the other. */
export interface PathParts {
  readonly directories: readonly string[];
  /** By row: the number of the directory. */
  readonly parents: Uint32Array;
  /** By row: where its name ends. */
  readonly ends: Uint32Array;
  readonly names: Buffer;
}

export interface PackedParts extends PathParts {
  readonly columns: ColumnParts;
}

/** A place in an index. The root has no name. */
export interface IndexPlace {
  readonly row: number;
  readonly type: Entry['type'];
  readonly parent: string;
  readonly name: string;
}

/**
 * A normal index whose entries are made when they are asked for: an entry takes some sixty bytes, most of them its name, instead of four hundred.
 */
export class PackedIndex implements LayerIndex {
  readonly parts: PackedParts;
  /** Of the file that was looked for last. */
  #last = -1;

  constructor(parts: PackedParts) {
    this.parts = parts;
  }

  get length(): number {
    return this.parts.columns.length;
  }

  at(row: number): Entry | undefined {
    const place = row < 0 ? row + this.length : row;
    return place >= 0 && place < this.length ? this.#entry(place) : undefined;
  }

  values(): IteratorObject<Entry, undefined> {
    return this.#entries();
  }

  [Symbol.iterator](): IteratorObject<Entry, undefined> {
    return this.#entries();
  }

  /** The row of the file, or other name of one, at a path; -1 where there is none. They are mostly looked for one after the other. */
  rowOf(path: string): number {
    const next = this.#fileAfter(this.#last);
    if (this.#isAt(next, path)) this.#last = next;
    else if (!this.#isAt(this.#last, path)) this.#last = this.#search(path);
    return this.#last;
  }

  #fileAfter(row: number): number {
    const { columns } = this.parts;
    let next = row + 1;
    while (next < columns.length && typeAt(columns, next) !== 'file') next++;
    return next;
  }

  #isAt(row: number, path: string): boolean {
    const end = path.lastIndexOf('/');
    if (row < 0 || row >= this.length || this.#parent(row) !== path.slice(0, Math.max(end, 0))) return false;
    return this.#name(row) === path.slice(end + 1);
  }

  #search(path: string): number {
    const file = { type: 'hardlink', path, target: path } as const; // any that is no marker
    let low = 0;
    for (let high = this.length - 1; low <= high; ) {
      const middle = (low + high) >> 1;
      const order = compareEntries(this.#entry(middle), file);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Where the entries are, without what they are. */
  *places(): Generator<IndexPlace, undefined> {
    for (let row = 0; row < this.length; row++)
      yield { row, type: typeAt(this.parts.columns, row), parent: this.#parent(row), name: this.#name(row) };
  }

  /** The same entries with other offsets, by row. */
  withOffsets(offsets: Float64Array): PackedIndex {
    return new PackedIndex({ ...this.parts, columns: { ...this.parts.columns, offsets } });
  }

  *#entries(): Generator<Entry, undefined> {
    for (let row = 0; row < this.length; row++) yield this.#entry(row);
  }

  #entry(row: number): Entry {
    return entryAt(this.parts.columns, row, childPath(this.#parent(row), this.#name(row)));
  }

  #parent(row: number): string {
    return this.parts.directories[this.parts.parents[row] ?? 0] ?? '';
  }

  #name(row: number): string {
    const { names, ends } = this.parts;
    return decodeLatin1Name(names.toString('latin1', row === 0 ? 0 : ends[row - 1], ends[row]));
  }
}

/** Packs entries one by one. They must be normal (`normaliseIndex`) and come in their order. */
export class IndexPacker {
  readonly #columns = new EntryColumns();
  readonly #directories: string[] = [];
  readonly #numbers = new Map<string, number>();
  #parents = new Uint32Array(FIRST_ROOM);
  #ends = new Uint32Array(FIRST_ROOM);
  #names = Buffer.allocUnsafeSlow(FIRST_ROOM * 16);
  #used = 0;
  #last = '';
  #number = -1;

  add(entry: Entry): void {
    const row = this.#columns.add(entry);
    if (row === this.#ends.length) {
      this.#parents = new Uint32Array(resized(this.#parents, row * 2));
      this.#ends = new Uint32Array(resized(this.#ends, row * 2));
    }
    this.#parents[row] = this.#numberOf(parentOf(entry.path));
    this.#addName(baseName(entry.path));
    this.#ends[row] = this.#used;
  }

  /** Nothing can be added any more. */
  finish(): PackedIndex {
    const { length } = this.#columns;
    return new PackedIndex({
      columns: this.#columns.finish(),
      directories: this.#directories,
      parents: new Uint32Array(resized(this.#parents, length)),
      ends: new Uint32Array(resized(this.#ends, length)),
      names: Buffer.from(resized(this.#names, this.#used)),
    });
  }

  /** Entries of one directory come together. */
  #numberOf(directory: string): number {
    if (directory === this.#last && this.#number >= 0) return this.#number;
    const number = this.#numbers.get(directory) ?? this.#directories.push(directory) - 1;
    this.#numbers.set(directory, number);
    this.#last = directory;
    this.#number = number;
    return number;
  }

  #addName(name: string): void {
    const most = name.length * 3; // bytes of UTF-8 for each unit
    if (this.#used + most > this.#names.length) {
      this.#names = Buffer.from(resized(this.#names, (this.#names.length + most) * 2));
    }
    this.#used += name.isWellFormed() ? this.#names.write(name, this.#used) : encodeName(name).copy(this.#names, this.#used);
  }
}

export function packIndex(entries: Iterable<Entry>): PackedIndex {
  if (entries instanceof PackedIndex) return entries;
  const packer = new IndexPacker();
  for (const entry of entries) packer.add(entry);
  return packer.finish();
}

/** Bytes of all files together. */
export function contentSize(index: LayerIndex): number {
  if (index instanceof PackedIndex) return index.parts.columns.sizes.reduce((sum, size) => sum + size, 0); // 0 for what is no file
  return index.values().reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
}

/** SHA-256 of all that an index says, as hexadecimal digits: equal for equal indexes. */
export function hashIndex(index: LayerIndex): string {
  const { columns, directories, parents, ends, names } = packIndex(index).parts;
  const { types, attributes, seconds, nanoseconds, sizes, offsets, shared, targets, devices } = columns;
  const sum = createHash('sha256').update(JSON.stringify([directories, shared, [...targets], [...devices]]));
  for (const column of [types, attributes, seconds, nanoseconds, sizes, offsets, parents, ends, names]) sum.update(column);
  return sum.digest('hex');
}
