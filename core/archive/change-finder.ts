import type { FileEntry, HardlinkEntry, LayerIndex, NodeEntry } from './entry.ts';
import { typeAt } from './entry-columns.ts';
import type { FileTree } from './file-tree.ts';
import { impliedDirectory } from './implied-directory.ts';
import { KeptEntries } from './kept-entries.ts';
import { MergedIndexes } from './merged-indexes.ts';
import { normaliseIndex } from './normalise-index.ts';
import { Pacer } from './pacer.ts';
import { type PackedIndex, packIndex } from './packed-index.ts';
import { ancestors, childPath, parentOf } from './paths.ts';
import { isSameNode } from './same-node.ts';
import type { ScanOptions } from './scan-directory.ts';
import { IMPLIED } from './tree-nodes.ts';

export interface ChangesOptions extends ScanOptions {
  /** Whether a file has the bytes of the file below it; asked only where everything else is equal. */
  readonly isSame: (upper: FileEntry, lower: FileEntry) => boolean | Promise<boolean>;
}

type Named = NodeEntry | HardlinkEntry;

/** Compares an index with the tree below it; `canonicalChanges` says by which rule. */
export class ChangeFinder {
  readonly #index: PackedIndex;
  /** What is at a path of the index. */
  readonly #upper: MergedIndexes;
  readonly #lower: FileTree;
  readonly #isSame: ChangesOptions['isSame'];
  readonly #pacer: Pacer;
  readonly #kept: KeptEntries;
  readonly #keptParents = new Set<string>();
  /** The name that carries a file with several in the result, by the name that carries it in the index. */
  readonly #carriers = new Map<string, string>();
  readonly #hidden = new Set<string>();
  /** Names of files with several, by the name that carries the file in the index. */
  readonly #linked = new Map<string, { readonly changed: string[]; readonly unchanged: string[] }>();

  constructor(index: LayerIndex, lower: FileTree, { isSame, signal }: ChangesOptions) {
    this.#index = packIndex(normaliseIndex(index));
    this.#upper = new MergedIndexes([this.#index]);
    this.#kept = new KeptEntries(this.#index);
    this.#lower = lower;
    this.#isSame = isSame;
    this.#pacer = new Pacer(signal);
    for (const [row, target] of this.#index.parts.columns.targets)
      if (typeAt(this.#index.parts.columns, row) === 'hardlink') this.#linked.set(target, { changed: [], unchanged: [] });
  }

  async find(): Promise<LayerIndex> {
    let row = 0;
    for (const entry of this.#index) {
      if (this.#pacer.isDue) await this.#pacer.rest();
      if (entry.type === 'whiteout') this.#whiteout(entry.path);
      else if (entry.type === 'opaque') this.#hide(entry.path);
      else {
        const isChanged = await this.#isChanged(entry);
        if (isChanged) this.#keepNode(entry, row);
        const names = this.#linked.get(entry.type === 'hardlink' ? entry.target : entry.path);
        names?.[isChanged ? 'changed' : 'unchanged'].push(entry.path);
      }
      row++;
    }
    this.#keepOldNames();
    return this.#kept.finish();
  }

  /** What the index says of a path. */
  #node(path: string): NodeEntry | undefined {
    const node = this.#upper.at(path);
    return node === undefined || this.#upper.placeOf(node) === IMPLIED ? undefined : this.#upper.entryOf(node, path);
  }

  #whiteout(path: string): void {
    if (this.#lower.get(path) === undefined) return;
    this.#kept.add({ type: 'whiteout', path });
    this.#keepParents(path);
  }

  /** Of an opaque directory: what is below and not here again is gone. */
  #hide(dir: string): void {
    if (this.#hidden.has(dir)) return;
    this.#hidden.add(dir);
    for (const name of this.#lower.list(dir)) {
      const path = childPath(dir, name);
      const node = this.#upper.at(path);
      if (node === undefined) this.#whiteout(path);
      else if (this.#upper.isDirectory(node)) this.#hide(path); // mentioned or not
    }
  }

  async #isChanged(entry: Named): Promise<boolean> {
    const { path } = entry;
    const node = entry.type === 'hardlink' ? this.#node(path) : entry;
    const below = this.#lower.get(path);
    if (node === undefined) return false;
    if (path === '') return !isSameNode({ ...node, mtime: this.#rootTime }, { ...this.#root, mtime: this.#rootTime });
    if (below === undefined || !isSameNode(node, below)) return true;
    return node.type === 'file' && below.type === 'file' && node.size > 0 && !(await this.#isSame(node, below));
  }

  get #root(): NodeEntry {
    return this.#lower.get('') ?? impliedDirectory('');
  }

  get #rootTime(): NodeEntry['mtime'] {
    return this.#root.mtime;
  }

  #keepNode(entry: Named, row: number): void {
    if (entry.type === 'hardlink') this.#keepLink(entry);
    else {
      if (this.#linked.has(entry.path)) this.#carriers.set(entry.path, entry.path);
      if (entry.path === '') this.#kept.add({ ...entry, mtime: this.#rootTime });
      else this.#kept.addRow(row);
    }
    this.#keepParents(entry.path);
  }

  #keepLink({ path, target }: HardlinkEntry): void {
    const carrier = this.#carriers.get(target);
    const node = this.#node(path);
    if (carrier !== undefined) this.#kept.add({ type: 'hardlink', path, target: carrier });
    else if (node !== undefined) {
      this.#carriers.set(target, path);
      this.#kept.add(node);
    }
  }

  /**
   * A new name of an old file is the same file only to whoever gets both names. An overlay parts names that were one file below when one
   * of them gets another: of those one is taken, in the directory of a new name if there is one.
   */
  #keepOldNames(): void {
    for (const [carrier, { changed, unchanged }] of this.#linked) {
      const target = this.#carriers.get(carrier);
      if (target === undefined) continue;
      const dirs = new Set(changed.map(parentOf));
      const identities = new Set<string>();
      for (const path of [...unchanged.filter((one) => dirs.has(parentOf(one))), ...unchanged]) {
        const identity = this.#identityBelow(path);
        if (identities.has(identity)) continue;
        identities.add(identity);
        this.#kept.add({ type: 'hardlink', path, target });
        this.#keepParents(path);
      }
    }
  }

  #identityBelow(path: string): string {
    const below = this.#lower.get(path);
    return (below?.type === 'file' ? this.#lower.identity(below) : undefined) ?? `the file ${path}`;
  }

  #keepParents(path: string): void {
    for (const dir of ancestors(path)) {
      if (this.#keptParents.has(dir)) return;
      this.#keptParents.add(dir);
      this.#keepDirectory(dir);
    }
  }

  #keepDirectory(path: string): void {
    const node = this.#upper.at(path);
    const row = node === undefined || !this.#upper.isDirectory(node) ? IMPLIED : this.#upper.placeOf(node); // of one layer alone
    const below = this.#lower.get(path);
    if (row !== IMPLIED) this.#kept.addRow(row);
    else this.#kept.add(below?.type === 'directory' ? below : impliedDirectory(path));
  }
}
