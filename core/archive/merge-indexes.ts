import { VarveError } from '../src/errors.ts';
import type { Entry, HardlinkEntry, LayerIndex, NodeEntry } from './entry.ts';
import { impliedDirectory } from './implied-directory.ts';
import { normaliseIndex } from './normalise-index.ts';
import { baseName, parentOf } from './paths.ts';
import { type TreeDirectory, type TreeLeaf, type TreeNode, treeDirectory } from './tree-node.ts';

/**
 * Puts indexes on top of each other, bottom first. As when the layers are unpacked: a directory that a layer needs and does not mention
 * is made where there is none, also in the place of a symlink, and also for a whiteout.
 */
export function mergeIndexes(indexes: readonly LayerIndex[]): TreeDirectory {
  const merger = new IndexMerger();
  for (const [layer, index] of indexes.entries()) merger.add(normaliseIndex(index), layer);
  return merger.root;
}

class IndexMerger {
  readonly root = treeDirectory(impliedDirectory(''));
  /** Entries of one directory come together: the last one is not looked up again. */
  #lastPath = '';
  #last: TreeDirectory = this.root;

  add(index: LayerIndex, layer: number): void {
    for (const entry of index) this.#apply(entry, layer);
  }

  #apply(entry: Entry, layer: number): void {
    const { path } = entry;
    if (entry.type === 'opaque') {
      this.#directory(path).children.clear();
      this.#forget();
    } else if (entry.type === 'whiteout') this.#remove(path);
    else if (entry.type === 'directory') this.#setDirectory(entry);
    else if (entry.type === 'hardlink') this.#setLink(entry, layer);
    else this.#set(path, { kind: 'leaf', entry, layer, source: entry.type === 'file' ? entry : undefined, links: undefined });
  }

  #remove(path: string): void {
    this.#directory(parentOf(path)).children.delete(baseName(path));
    this.#forget();
  }

  #setDirectory(entry: NodeEntry): void {
    this.#directory(entry.path).entry = entry;
  }

  #setLink({ path, target }: HardlinkEntry, layer: number): void {
    const first = this.#directory(parentOf(target)).children.get(baseName(target));
    if (first?.kind !== 'leaf' || first.layer !== layer) {
      throw new VarveError('LAYER_LINK', `Hard link "${path}" needs a file "${target}" in the same layer, found none`);
    }
    first.links ??= [target];
    first.links.push(path);
    this.#set(path, { ...first, entry: { ...first.entry, path } });
  }

  #set(path: string, leaf: TreeLeaf): void {
    const { children } = this.#directory(parentOf(path));
    const name = baseName(path);
    if (children.get(name)?.kind === 'directory') this.#forget();
    children.set(name, leaf);
  }

  /** The directory at a path, made where there is none. */
  #directory(path: string): TreeDirectory {
    if (path === '') return this.root;
    if (path === this.#lastPath) return this.#last;
    const { children } = this.#directory(parentOf(path));
    const name = baseName(path);
    const found: TreeNode | undefined = children.get(name);
    const directory = found?.kind === 'directory' ? found : treeDirectory(impliedDirectory(path));
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
