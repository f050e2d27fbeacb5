import { resized } from './entry-columns.ts';

export const ROOT = 0;
/** The place of a directory that no layer mentions. */
export const IMPLIED = -1;
export const NONE = -1;

const GONE = 0;
const FILE = 1;
const DIRECTORY = 2;
/** A file may be a symlink or a device here: whatever is no directory. */
type Kind = typeof FILE | typeof DIRECTORY;

/** The bytes of a name, somewhere in memory, for as long as the call lasts. */
export interface NameBytes {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Unknown to whoever makes up names, so that they cannot all be looked for in one place. */
const SEED = Math.floor(Math.random() * 2 ** 32);

/**
 * The directories and files of a tree in columns of numbers: some thirty bytes for each instead of a few hundred, and no string. A node stands
 * for a place, which has its name.
 */
export class TreeNodes {
  readonly #nameAt: (place: number) => NameBytes;
  readonly #impliedNames = new Map<number, NameBytes>();
  #length = 1;
  #kinds: Uint8Array<ArrayBuffer>;
  #places: Int32Array<ArrayBuffer>;
  #parents: Int32Array<ArrayBuffer>;
  /** Of a directory: the child that came last. */
  #children: Int32Array<ArrayBuffer>;
  /** The child of the same directory that came before. */
  #before: Int32Array<ArrayBuffer>;
  /** Nodes, counted from 1, by the hash of directory and name: at the first place from there on that was free. */
  #table: Int32Array<ArrayBuffer>;

  /** @param room for how many nodes, about */
  constructor(nameAt: (place: number) => NameBytes, room: number) {
    this.#nameAt = nameAt;
    const most = room + 1;
    this.#kinds = new Uint8Array(most);
    this.#places = new Int32Array(most);
    this.#parents = new Int32Array(most);
    this.#children = new Int32Array(most);
    this.#before = new Int32Array(most);
    this.#table = new Int32Array(tableSize(most));
    this.#kinds[ROOT] = DIRECTORY;
    this.#places[ROOT] = IMPLIED;
    this.#children[ROOT] = NONE;
  }

  /** `NONE` where nothing is. */
  find(directory: number, name: NameBytes): number {
    const node = (this.#table[this.#slotOf(directory, name)] ?? 0) - 1;
    return node >= 0 && this.#kinds[node] !== GONE ? node : NONE;
  }

  isDirectory(node: number): boolean {
    return this.#kinds[node] === DIRECTORY;
  }

  placeOf(node: number): number {
    return this.#places[node] ?? IMPLIED;
  }
  setPlace(node: number, place: number): void {
    this.#places[node] = place;
  }

  putFile(directory: number, name: NameBytes, place: number): void {
    const node = this.#put(directory, name, FILE); // may move the columns
    this.#places[node] = place;
  }

  /** The directory of this name, made in the place of anything else. */
  directory(directory: number, name: NameBytes): number {
    const known = this.find(directory, name);
    if (known !== NONE && this.isDirectory(known)) return known;
    const node = this.#put(directory, name, DIRECTORY);
    this.#places[node] = IMPLIED;
    this.#impliedNames.set(node, copyOf(name));
    return node;
  }

  remove(directory: number, name: NameBytes): void {
    const node = this.find(directory, name);
    if (node !== NONE) this.#kinds[node] = GONE;
  }

  /** Removes what is in a directory. */
  clear(directory: number): void {
    for (let node = this.#children[directory] ?? NONE; node !== NONE; node = this.#before[node] ?? NONE) this.#kinds[node] = GONE;
  }

  /** The names in a directory, in the order in which they came first. */
  names(directory: number): NameBytes[] {
    const names: NameBytes[] = [];
    for (let node = this.#children[directory] ?? NONE; node !== NONE; node = this.#before[node] ?? NONE)
      if (this.#kinds[node] !== GONE) names.push(this.#nameOf(node));
    return names.reverse();
  }

  /** What was there is gone, with all that was in it; its number is used again. */
  #put(directory: number, name: NameBytes, kind: Kind): number {
    const slot = this.#slotOf(directory, name);
    const known = (this.#table[slot] ?? 0) - 1;
    const node = known >= 0 ? known : this.#add(directory, slot);
    if (known >= 0) this.clear(node);
    this.#kinds[node] = kind;
    return node;
  }

  #add(directory: number, slot: number): number {
    const node = this.#length++;
    if (node === this.#kinds.length) this.#grow(node * 2);
    this.#parents[node] = directory;
    this.#children[node] = NONE;
    this.#before[node] = this.#children[directory] ?? NONE;
    this.#children[directory] = node;
    this.#table[slot] = node + 1;
    return node;
  }

  /** Where the node is in the table, or would be. */
  #slotOf(directory: number, name: NameBytes): number {
    if (this.#length * 2 > this.#table.length) this.#rehash();
    const mask = this.#table.length - 1;
    let slot = hashOf(directory, name) & mask;
    for (let node = this.#table[slot] ?? 0; node !== 0; node = this.#table[slot] ?? 0) {
      if (this.#parents[node - 1] === directory && isSame(this.#nameOf(node - 1), name)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #nameOf(node: number): NameBytes {
    const place = this.#places[node] ?? IMPLIED;
    return place === IMPLIED ? (this.#impliedNames.get(node) ?? NAMELESS) : this.#nameAt(place);
  }

  #grow(room: number): void {
    this.#kinds = new Uint8Array(resized(this.#kinds, room));
    this.#places = new Int32Array(resized(this.#places, room));
    this.#parents = new Int32Array(resized(this.#parents, room));
    this.#children = new Int32Array(resized(this.#children, room));
    this.#before = new Int32Array(resized(this.#before, room));
  }

  #rehash(): void {
    this.#table = new Int32Array(tableSize(this.#length));
    const mask = this.#table.length - 1;
    for (let node = ROOT + 1; node < this.#length; node++) {
      let slot = hashOf(this.#parents[node] ?? ROOT, this.#nameOf(node)) & mask;
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
      this.#table[slot] = node + 1;
    }
  }
}

const NAMELESS: NameBytes = { bytes: Buffer.alloc(0), start: 0, end: 0 };

const copyOf = ({ bytes, start, end }: NameBytes): NameBytes => ({
  bytes: Buffer.from(bytes.subarray(start, end)),
  start: 0,
  end: end - start,
});

/** At least twice as many places as nodes, and a power of two. */
const tableSize = (nodes: number): number => 2 ** Math.ceil(Math.log2(Math.max(nodes, 16) * 2 + 2));

function hashOf(directory: number, { bytes, start, end }: NameBytes): number {
  let hash = Math.imul(directory ^ SEED, 0x9e3779b1);
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isSame(one: NameBytes, other: NameBytes): boolean {
  const length = one.end - one.start;
  if (length !== other.end - other.start) return false;
  for (let i = 0; i < length; i++) if (one.bytes[one.start + i] !== other.bytes[other.start + i]) return false;
  return true;
}
