import { VarveError } from '../src/errors.ts';
import type { Entry, FileEntry, LayerIndex, NodeEntry } from './entry.ts';
import { impliedDirectory } from './implied-directory.ts';
import { normaliseIndex } from './normalise-index.ts';
import { type IndexPlace, PackedIndex } from './packed-index.ts';
import { baseName, childPath, parentOf } from './paths.ts';
import { IMPLIED, type Links, type TreeDirectory, type TreeNode, treeDirectory } from './tree-node.ts';

/**
 * Indexes on top of each other, bottom first. As when the layers are unpacked: a directory that a layer needs and does not mention is
 * made where there is none, also in the place of a symlink, and also for a whiteout. Entries stay where they are, and are told by their number:
 * those of all layers are counted through.
 */
export class MergedIndexes {
  readonly root = treeDirectory();
  readonly #indexes: readonly LayerIndex[];
  /** By layer: the number of its first entry. */
  readonly #starts: readonly number[];
  /** Of files with several names, by the number of each. */
  readonly #links = new Map<number, Links>();
  /** How many entries there are. */
  readonly length: number;
  /** Entries of one directory come together: the last one is not looked up again. */
  #lastPath = '';
  #last: TreeDirectory = this.root;

  /** @throws VarveError `LAYER_LINK` */
  constructor(indexes: readonly LayerIndex[]) {
    this.#indexes = indexes.map(normaliseIndex);
    const starts: number[] = [];
    let length = 0;
    for (const index of this.#indexes) {
      starts.push(length);
      length += index.length;
    }
    this.#starts = starts;
    this.length = length;
    for (const layer of starts.keys()) this.#add(layer);
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
  entryOf(node: TreeNode, path: string): NodeEntry {
    const place = typeof node === 'number' ? node : node.place;
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

  #add(layer: number): void {
    const start = this.#starts[layer] ?? 0;
    for (const at of placesOf(this.#indexes[layer] ?? [])) this.#apply(at, start + at.row);
  }

  #apply({ type, parent, name }: IndexPlace, place: number): void {
    if (type === 'opaque') {
      this.#directory(childPath(parent, name)).children.clear();
      this.#forget();
    } else if (type === 'whiteout') {
      this.#directory(parent).children.delete(name);
      this.#forget();
    } else if (type === 'directory') this.#directory(childPath(parent, name)).place = place;
    else {
      if (type === 'hardlink') this.#link(childPath(parent, name), place);
      const { children } = this.#directory(parent);
      if (typeof children.get(name) === 'object') this.#forget();
      children.set(name, place);
    }
  }

  #link(path: string, place: number): void {
    const entry = this.#entry(place);
    const target = entry?.type === 'hardlink' ? entry.target : '';
    const first = this.#directory(parentOf(target)).children.get(baseName(target));
    if (typeof first !== 'number' || this.layerOf(first) !== this.layerOf(place)) {
      throw new VarveError('LAYER_LINK', `Hard link "${path}" needs a file "${target}" in the same layer, found none`);
    }
    const links = this.#links.get(first) ?? { first, paths: [target] };
    links.paths.push(path);
    this.#links.set(first, links).set(place, links);
  }

  /** The directory at a path, made where there is none. */
  #directory(path: string): TreeDirectory {
    if (path === '') return this.root;
    if (path === this.#lastPath) return this.#last;
    const { children } = this.#directory(parentOf(path));
    const name = baseName(path);
    const found = children.get(name);
    const directory = typeof found === 'object' ? found : treeDirectory();
    if (directory !== found) children.set(name, directory);
    this.#lastPath = path;
    this.#last = directory;
    return directory;
  }

  #forget(): void {
    this.#lastPath = '';
    this.#last = this.root;
  }
}

/** Where entries are; of a packed index no entry is made for that. */
function* placesOf(index: LayerIndex): Generator<IndexPlace, void, undefined> {
  if (index instanceof PackedIndex) return yield* index.places();
  let row = 0;
  for (const { type, path } of index) yield { row: row++, type, parent: parentOf(path), name: baseName(path) };
}
