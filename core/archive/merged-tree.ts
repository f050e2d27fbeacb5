import { chainOf } from '../image/digest.ts';
import type { Layer } from '../image/layer.ts';
import { hashContents } from './content.ts';
import type { Content, FileEntry, NodeEntry } from './entry.ts';
import type { FileTree } from './file-tree.ts';
import { KnownDigests } from './known-digests.ts';
import { type Links, MergedIndexes } from './merged-indexes.ts';

export interface MergeOptions {
  readonly signal?: AbortSignal | undefined;
}

type ContentOf = (file: FileEntry) => Content;

/** The filesystem that a stack of layers shows, bottom first: whiteouts and opaque markers applied, no byte of content read. */
export class MergedTree implements FileTree {
  /** The chainID of the layers. */
  readonly id: string;
  readonly #layers: readonly Layer[];
  readonly #merged: MergedIndexes;
  #listed: { readonly directory: number; readonly names: readonly string[] } | undefined;
  #digests: KnownDigests | undefined;
  #contents: readonly ContentOf[] | undefined;
  #opening: Promise<void> | undefined;

  private constructor(layers: readonly Layer[], merged: MergedIndexes) {
    this.id = chainOf(layers.map((layer) => layer.id)) ?? 'empty';
    this.#layers = layers;
    this.#merged = merged;
  }

  /** Reads the layers' indexes and merges them. @throws VarveError `LAYER_LINK` */
  static async of(layers: readonly Layer[], { signal }: MergeOptions = {}): Promise<MergedTree> {
    const indexes = await Promise.all(layers.map((layer) => layer.index({ signal })));
    return new MergedTree(layers, new MergedIndexes(indexes));
  }

  get(path: string): NodeEntry | undefined {
    const node = this.#merged.at(path);
    return node === undefined ? undefined : this.#merged.entryOf(node, path);
  }

  list(path: string): readonly string[] {
    const directory = this.#merged.at(path);
    if (directory === undefined || !this.#merged.isDirectory(directory)) return [];
    if (this.#listed?.directory !== directory) this.#listed = { directory, names: this.#merged.names(directory) };
    return this.#listed.names;
  }

  /** Opens all layers at once; later calls wait for the first. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  content(file: FileEntry): Content {
    if (this.#contents === undefined) throw new Error(`Content of "${file.path}" is asked for before the tree is open`);
    const place = this.#placeOf(file.path);
    const source = place === undefined ? undefined : this.#merged.sourceOf(place);
    const contentOf = place === undefined ? undefined : this.#contents[this.#merged.layerOf(place)];
    if (source?.type !== 'file' || contentOf === undefined) throw new Error(`"${file.path}" is no file of this tree`);
    return contentOf(source);
  }

  async digests(files: readonly FileEntry[]): Promise<readonly string[]> {
    this.#digests ??= new KnownDigests(this.#merged.length);
    const known = this.#digests;
    const places = files.map(({ path }) => this.#placeOf(path) ?? 0);
    const unknown = files.filter((_, i) => known.get(places[i] ?? 0) === undefined);
    if (unknown.length > 0) await this.#hash(unknown, known);
    return places.map((place) => known.get(place) ?? '');
  }

  identity(file: Pick<FileEntry, 'path'>): string | undefined {
    const links = this.#linksOf(file.path);
    if (links === undefined) return undefined;
    // A layer above may have taken some of the names away.
    const alive = links.paths.filter((path) => this.#linksOf(path) === links);
    return alive.length > 1 ? `${this.#merged.layerOf(links.first)}:${links.paths[0]}` : undefined;
  }

  async #open(): Promise<void> {
    try {
      this.#contents = await Promise.all(this.#layers.map((layer) => layer.contents()));
    } catch (cause) {
      this.#opening = undefined; // so that the next caller tries again
      throw cause;
    }
  }

  async #hash(files: readonly FileEntry[], known: KnownDigests): Promise<void> {
    await this.open();
    const digests = await hashContents(files.map((file) => this.content(file)));
    files.forEach(({ path }, i) => {
      known.set(this.#placeOf(path) ?? 0, digests[i] ?? '');
    });
  }

  #linksOf(path: string): Links | undefined {
    const place = this.#placeOf(path);
    return place === undefined ? undefined : this.#merged.linksOf(place);
  }

  /** Of what is no directory. */
  #placeOf(path: string): number | undefined {
    const node = this.#merged.at(path);
    return node === undefined || this.#merged.isDirectory(node) ? undefined : this.#merged.placeOf(node);
  }
}
