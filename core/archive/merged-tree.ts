import type { Layer } from '../image/layer.ts';
import type { Content, FileEntry, NodeEntry } from './entry.ts';
import type { FileTree } from './file-tree.ts';

/** The filesystem that a stack of layers shows, bottom first: whiteouts and opaque markers applied, no byte of content read. */
export class MergedTree implements FileTree {
  readonly #layers: readonly Layer[];
  private constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** Reads the layers' indexes and merges them. */
  static async of(layers: readonly Layer[], _options: { readonly signal?: AbortSignal | undefined } = {}): Promise<MergedTree> {
    return new MergedTree(layers);
  }
  get(path: string): NodeEntry | undefined {
    throw new Error(`Not written yet ${path} ${this.#layers}`);
  }
  list(path: string): readonly string[] {
    throw new Error(`Not written yet ${path}`);
  }
  async open(): Promise<void> {}
  content(file: FileEntry): Content {
    throw new Error(`Not written yet ${file}`);
  }
  async digests(files: readonly FileEntry[]): Promise<readonly string[]> {
    throw new Error(`Not written yet ${files}`);
  }
  identity(file: FileEntry): string | undefined {
    throw new Error(`Not written yet ${file}`);
  }
}
