import { chainOf } from '../image/digest.ts';
import type { Layer } from '../image/layer.ts';
import { hashContents } from './content.ts';
import type { Content, FileEntry, NodeEntry } from './entry.ts';
import type { FileTree } from './file-tree.ts';
import { mergeIndexes } from './merge-indexes.ts';
import { compareNames } from './order.ts';
import { baseName, parentOf } from './paths.ts';
import type { TreeDirectory, TreeLeaf, TreeNode } from './tree-node.ts';

export interface MergeOptions {
  readonly signal?: AbortSignal | undefined;
}

type ContentOf = (file: FileEntry) => Content;

/** The filesystem that a stack of layers shows, bottom first: whiteouts and opaque markers applied, no byte of content read. */
export class MergedTree implements FileTree {
  /** The chainID of the layers. */
  readonly id: string;
  readonly #layers: readonly Layer[];
  readonly #root: TreeDirectory;
  /** Directories by path, so that a look-up takes the same time whatever the depth. */
  readonly #directories = new Map<string, TreeDirectory>();
  readonly #digests = new Map<string, string>();
  #contents: readonly ContentOf[] | undefined;
  #opening: Promise<void> | undefined;

  private constructor(layers: readonly Layer[], root: TreeDirectory) {
    this.id = chainOf(layers.map((layer) => layer.id)) ?? 'empty';
    this.#layers = layers;
    this.#root = root;
  }

  /** Reads the layers' indexes and merges them. @throws VarveError `LAYER_LINK` */
  static async of(layers: readonly Layer[], { signal }: MergeOptions = {}): Promise<MergedTree> {
    const indexes = await Promise.all(layers.map((layer) => layer.index({ signal })));
    return new MergedTree(layers, mergeIndexes(indexes));
  }

  get(path: string): NodeEntry | undefined {
    return this.#find(path)?.entry;
  }

  list(path: string): readonly string[] {
    const node = this.#find(path);
    if (node?.kind !== 'directory') return [];
    node.names ??= [...node.children.keys()].sort(compareNames);
    return node.names;
  }

  /** Opens all layers at once; later calls wait for the first. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  content(file: FileEntry): Content {
    if (this.#contents === undefined) throw new Error(`Content of "${file.path}" is asked for before the tree is open`);
    const leaf = this.#leaf(file.path);
    const contentOf = leaf && this.#contents[leaf.layer];
    if (leaf?.source === undefined || contentOf === undefined) throw new Error(`"${file.path}" is no file of this tree`);
    return contentOf(leaf.source);
  }

  async digests(files: readonly FileEntry[]): Promise<readonly string[]> {
    const unknown = files.filter(({ path }) => !this.#digests.has(path));
    if (unknown.length > 0) await this.#hash(unknown);
    return files.map(({ path }) => this.#digests.get(path) ?? '');
  }

  identity(file: Pick<FileEntry, 'path'>): string | undefined {
    const leaf = this.#leaf(file.path);
    if (leaf?.links === undefined) return undefined;
    const { links, layer } = leaf;
    // A layer above may have taken some of the names away.
    const alive = links.filter((path) => this.#leaf(path)?.links === links);
    return alive.length > 1 ? `${layer}:${links[0]}` : undefined;
  }

  async #open(): Promise<void> {
    try {
      this.#contents = await Promise.all(this.#layers.map((layer) => layer.contents()));
    } catch (cause) {
      this.#opening = undefined; // so that the next caller tries again
      throw cause;
    }
  }

  async #hash(files: readonly FileEntry[]): Promise<void> {
    await this.open();
    const digests = await hashContents(files.map((file) => this.content(file)));
    files.forEach(({ path }, i) => {
      this.#digests.set(path, digests[i] ?? '');
    });
  }

  #leaf(path: string): TreeLeaf | undefined {
    const node = this.#find(path);
    return node?.kind === 'leaf' ? node : undefined;
  }

  #find(path: string): TreeNode | undefined {
    return path === '' ? this.#root : this.#directory(parentOf(path))?.children.get(baseName(path));
  }

  #directory(path: string): TreeDirectory | undefined {
    if (path === '') return this.#root;
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const node = this.#directory(parentOf(path))?.children.get(baseName(path));
    if (node?.kind !== 'directory') return undefined;
    this.#directories.set(path, node);
    return node;
  }
}
