import type { DirectoryEntry, Entry, FileEntry, HardlinkEntry, LayerIndex, NodeEntry } from './entry.ts';
import type { FileTree } from './file-tree.ts';
import { impliedDirectory } from './implied-directory.ts';
import { normaliseIndex } from './normalise-index.ts';
import { Pacer } from './pacer.ts';
import { ancestors, childPath, parentOf } from './paths.ts';
import { isSameNode } from './same-node.ts';
import type { ScanOptions } from './scan-directory.ts';

export interface ChangesOptions extends ScanOptions {
  /** Whether a file has the bytes of the file below it; asked only where everything else is equal. */
  readonly isSame: (upper: FileEntry, lower: FileEntry) => boolean | Promise<boolean>;
}

/** Compares an index with the tree below it; `canonicalChanges` says by which rule. */
export class ChangeFinder {
  readonly #index: LayerIndex;
  readonly #lower: FileTree;
  readonly #isSame: ChangesOptions['isSame'];
  readonly #pacer: Pacer;
  readonly #nodes = new Map<string, NodeEntry>();
  /** Directories that have something in them, mentioned or not. */
  readonly #parents = new Set<string>();
  readonly #kept: Entry[] = [];
  readonly #keptParents = new Set<string>();
  /** The name that carries a file in the result, by the name that carries it in the index. */
  readonly #carriers = new Map<string, string>();
  readonly #hidden = new Set<string>();
  /** Names of files with several, by the name that carries the file in the index. */
  readonly #linked = new Map<string, { readonly changed: string[]; readonly unchanged: string[] }>();

  constructor(index: LayerIndex, lower: FileTree, { isSame, signal }: ChangesOptions) {
    this.#index = normaliseIndex(index);
    this.#lower = lower;
    this.#isSame = isSame;
    this.#pacer = new Pacer(signal);
    for (const entry of this.#index) {
      this.#addNode(entry);
      if (entry.type === 'hardlink') this.#linked.set(entry.target, { changed: [], unchanged: [] });
    }
  }

  async find(): Promise<readonly Entry[]> {
    for (const entry of this.#index) {
      if (this.#pacer.isDue) await this.#pacer.rest();
      if (entry.type === 'whiteout') this.#whiteout(entry.path);
      else if (entry.type === 'opaque') this.#hide(entry.path);
      else {
        const isChanged = await this.#isChanged(entry.path);
        if (isChanged) this.#keepNode(entry);
        const names = this.#linked.get(entry.type === 'hardlink' ? entry.target : entry.path);
        names?.[isChanged ? 'changed' : 'unchanged'].push(entry.path);
      }
    }
    this.#keepOldNames();
    return normaliseIndex(this.#kept);
  }

  #addNode(entry: Entry): void {
    const node = entry.type === 'hardlink' ? this.#nodes.get(entry.target) : entry;
    if (node === undefined || !('mode' in node)) return;
    this.#nodes.set(entry.path, node.path === entry.path ? node : { ...node, path: entry.path });
    for (const dir of ancestors(entry.path)) {
      if (this.#parents.has(dir)) break;
      this.#parents.add(dir);
    }
  }

  #whiteout(path: string): void {
    if (this.#lower.get(path) === undefined) return;
    this.#kept.push({ type: 'whiteout', path });
    this.#keepParents(path);
  }

  /** Of an opaque directory: what is below and not here again is gone. */
  #hide(dir: string): void {
    if (this.#hidden.has(dir)) return;
    this.#hidden.add(dir);
    for (const name of this.#lower.list(dir)) {
      const path = childPath(dir, name);
      if (this.#nodes.get(path)?.type === 'directory' || this.#parents.has(path)) this.#hide(path);
      else if (!this.#nodes.has(path)) this.#whiteout(path);
    }
  }

  async #isChanged(path: string): Promise<boolean> {
    const node = this.#nodes.get(path);
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

  #keepNode(entry: Exclude<Entry, { type: 'whiteout' | 'opaque' }>): void {
    if (entry.type === 'hardlink') this.#keepLink(entry);
    else {
      if (entry.type === 'file') this.#carriers.set(entry.path, entry.path);
      this.#kept.push(entry.path === '' ? { ...entry, mtime: this.#rootTime } : entry);
    }
    this.#keepParents(entry.path);
  }

  #keepLink({ path, target }: HardlinkEntry): void {
    const carrier = this.#carriers.get(target);
    const node = this.#nodes.get(path);
    if (carrier !== undefined) this.#kept.push({ type: 'hardlink', path, target: carrier });
    else if (node !== undefined) {
      this.#carriers.set(target, path);
      this.#kept.push(node);
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
        this.#kept.push({ type: 'hardlink', path, target });
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
      this.#kept.push(this.#directory(dir));
    }
  }

  #directory(path: string): DirectoryEntry {
    const node = this.#nodes.get(path) ?? this.#lower.get(path);
    return node?.type === 'directory' ? node : impliedDirectory(path);
  }
}
