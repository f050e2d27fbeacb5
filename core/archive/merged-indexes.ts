import { VarveError } from '../src/errors.ts';
import type { Entry, FileEntry, LayerIndex, NodeEntry } from './entry.ts';
import { typeAt } from './entry-columns.ts';
import { impliedDirectory } from './implied-directory.ts';
import { decodeLatin1Name, encodeName } from './names.ts';
import { normaliseIndex } from './normalise-index.ts';
import { compareNames } from './order.ts';
import { type PackedIndex, type PackedParts, packIndex } from './packed-index.ts';
import { isDirectlyIn, parentOf } from './paths.ts';
import { IMPLIED, type NameBytes, NONE, ROOT, TreeNodes } from './tree-nodes.ts';

/** Paths that are remembered. */
const MOST_DIRECTORIES = 1_000;

/** All names that a layer gives to one file. */
export interface Links {
  /** The number of the entry that has the file. */
  readonly first: number;
  readonly paths: string[];
}

/**
 * Indexes on top of each other, bottom first. As when the layers are unpacked: a directory that a layer needs and does not mention is
 * made where there is none, also in the place of a symlink, and also for a whiteout. Entries stay where they are, and are told by their number:
 * those of all layers are counted through.
 */
export class MergedIndexes {
  readonly #indexes: readonly PackedIndex[];
  /** By layer: the number of its first entry. */
  readonly #starts: readonly number[];
  readonly #nodes: TreeNodes;
  /** Of files with several names, by the number of each. */
  readonly #links = new Map<number, Links>();
  /** How many entries there are. */
  readonly length: number;
  /** Directories by path that were wanted lately, so that a look-up takes the same time whatever the depth. */
  readonly #directories = new Map<string, number>();
  /** The one in which something was looked for last. */
  #last: { readonly path: string; readonly directory: number } | undefined;

  /** @throws VarveError `LAYER_LINK` */
  constructor(indexes: readonly LayerIndex[]) {
    this.#indexes = indexes.map((index) => packIndex(normaliseIndex(index)));
    const starts: number[] = [];
    let length = 0;
    for (const index of this.#indexes) {
      starts.push(length);
      length += index.length;
    }
    this.#starts = starts;
    this.length = length;
    this.#nodes = new TreeNodes((place) => this.#nameAt(place), length);
    for (const [layer, { parts }] of this.#indexes.entries()) this.#add(parts, starts[layer] ?? 0);
  }

  layerOf(place: number): number {
    let layer = this.#starts.length - 1;
    while (layer > 0 && (this.#starts[layer] ?? 0) > place) layer--;
    return layer;
  }

  linksOf(place: number): Links | undefined {
    return this.#links.get(place);
  }

  /** What is at a path. */
  at(path: string): number | undefined {
    if (path === '') return ROOT;
    if (this.#last === undefined || !isDirectlyIn(path, this.#last.path)) {
      const parent = parentOf(path);
      const directory = this.#directoryAt(parent);
      if (directory === undefined) return undefined;
      this.#last = { path: parent, directory };
    }
    return this.#find(this.#last.directory, path);
  }

  #directoryAt(path: string): number | undefined {
    if (path === '') return ROOT;
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const node = this.at(path);
    if (node === undefined || !this.isDirectory(node)) return undefined;
    if (this.#directories.size >= MOST_DIRECTORIES) this.#directories.clear();
    this.#directories.set(path, node);
    return node;
  }

  /** What has the last name of a path in a directory. */
  #find(directory: number, path: string): number | undefined {
    const node = this.#nodes.find(directory, lastName(path));
    return node === NONE ? undefined : node;
  }

  isDirectory(node: number): boolean {
    return this.#nodes.isDirectory(node);
  }

  /** The number of the entry, or `IMPLIED`. */
  placeOf(node: number): number {
    return this.#nodes.placeOf(node);
  }

  /** Sorted. */
  names(directory: number): readonly string[] {
    const names = this.#nodes.names(directory).map(stringOf);
    return names.every((name, i) => i === 0 || compareNames(names[i - 1] ?? '', name) < 0) ? names : names.sort(compareNames);
  }

  /** The entry of what is at a path. */
  entryOf(node: number, path: string): NodeEntry {
    const place = this.placeOf(node);
    if (place === IMPLIED) return impliedDirectory(path);
    const entry = this.sourceOf(place);
    return entry.path === path ? entry : { ...entry, path };
  }

  /** The entry under which its layer has the file. */
  sourceOf(place: number): NodeEntry {
    return this.#entry(this.#links.get(place)?.first ?? place) as FileEntry; // the tree has no other places
  }

  #entry(place: number): Entry | undefined {
    const layer = this.layerOf(place);
    return this.#indexes[layer]?.at(place - (this.#starts[layer] ?? 0));
  }

  #nameAt(place: number): NameBytes {
    const layer = this.layerOf(place);
    return nameOf((this.#indexes[layer] as PackedIndex).parts, place - (this.#starts[layer] ?? 0)); // every place is in a layer
  }

  #add(parts: PackedParts, start: number): void {
    const { columns, directories, parents } = parts;
    const known = new Int32Array(directories.length).fill(NONE);
    for (let row = 0; row < columns.length; row++) {
      const number = parents[row] ?? 0;
      let parent = known[number] ?? NONE;
      if (parent === NONE) {
        parent = this.#directory(directories[number] ?? '');
        known[number] = parent;
      }
      this.#apply(parent, start + row, { type: typeAt(columns, row), name: nameOf(parts, row) });
    }
  }

  #apply(parent: number, place: number, { type, name }: { readonly type: Entry['type']; readonly name: NameBytes }): void {
    const nodes = this.#nodes;
    if (type === 'whiteout') nodes.remove(parent, name);
    else if (type === 'opaque' || type === 'directory') {
      const directory = name.start === name.end ? ROOT : nodes.directory(parent, name);
      if (type === 'opaque') nodes.clear(directory);
      else nodes.setPlace(directory, place);
    } else {
      if (type === 'hardlink') this.#link(place);
      nodes.putFile(parent, name, place);
    }
  }

  #link(place: number): void {
    const { path, target } = this.#entry(place) as Extract<Entry, { type: 'hardlink' }>; // as its row says
    const node = this.#find(this.#directory(parentOf(target)), target);
    const first = node === undefined || this.isDirectory(node) ? NONE : this.placeOf(node);
    if (first === NONE || this.layerOf(first) !== this.layerOf(place)) {
      throw new VarveError('LAYER_LINK', `Hard link "${path}" needs a file "${target}" in the same layer, found none`);
    }
    const links = this.#links.get(first) ?? { first, paths: [target] };
    links.paths.push(path);
    this.#links.set(first, links).set(place, links);
  }

  /** The directory at a path, made where there is none. */
  #directory(path: string): number {
    return path === '' ? ROOT : this.#nodes.directory(this.#directory(parentOf(path)), lastName(path));
  }
}

const nameOf = ({ names, ends }: PackedParts, row: number): NameBytes => ({
  bytes: names,
  start: row === 0 ? 0 : (ends[row - 1] ?? 0),
  end: ends[row] ?? 0,
});

/** Most names are short and ASCII: of these no object is made that a garbage collection would have to find. */
const scratch = Buffer.alloc(256);

/** Until the next call. */
function lastName(path: string): NameBytes {
  const from = path.lastIndexOf('/') + 1;
  const length = path.length - from;
  if (length > scratch.length) return encoded(path.slice(from));
  for (let i = 0; i < length; i++) {
    const unit = path.charCodeAt(from + i);
    if (unit >= 0x80) return encoded(path.slice(from));
    scratch[i] = unit;
  }
  return { bytes: scratch, start: 0, end: length };
}

function encoded(name: string): NameBytes {
  const bytes = encodeName(name);
  return { bytes, start: 0, end: bytes.length };
}

const stringOf = ({ bytes, start, end }: NameBytes): string => decodeLatin1Name(bytes.toString('latin1', start, end));
