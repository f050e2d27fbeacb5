import {
  baseName,
  type Content,
  childPath,
  compareNames,
  EntryColumns,
  type FileEntry,
  type FileTree,
  isDirectlyIn,
  type NodeEntry,
  parentOf,
  resized,
} from '@varve/core/archive';

/** One file of the new layer, whatever the number of its names. */
export interface Node {
  readonly entry: NodeEntry;
  /** Where a file's bytes lie. */
  readonly content?: (() => Content) | undefined;
  /** The same for a file with one name that is copied from a tree. */
  readonly from?: { readonly tree: FileTree; readonly path: string; readonly listed?: Listed | undefined } | undefined;
  /** The same for a file that is a part of an archive. */
  readonly part?: { readonly of: Content; readonly offset: number } | undefined;
}

/** How a tree calls a file: parts of its path would keep all of that in memory. */
export interface Listed {
  readonly directory: string;
  readonly name: string;
}

export interface Placed {
  readonly row: number;
  readonly path: string;
  readonly entry: NodeEntry;
  /** Equal for the names of one file; absent where there is no other. */
  readonly identity: number | undefined;
}

/** A directory of a tree from which files are copied under the names that they have there, or an archive. */
type Origin = { readonly tree: FileTree; readonly directory: string } | Content;

/** Where the bytes of placed files lie, by row: all that is wanted of them once there is an index of the layer. */
export class PlacedContents {
  readonly #origins: Origin[] = [];
  /** By row, from 1: the number of the origin of a file that keeps its name. */
  #from = new Uint32Array(64);
  /** By row: where a part of an archive begins. */
  #offsets = new Float64Array(0);
  /** By row: nodes that may get more names, or whose bytes lie somewhere of their own. */
  readonly nodes = new Map<number, Node>();

  of(row: number, file: FileEntry): Content | undefined {
    return this.nodes.get(row)?.content?.() ?? this.copied(row, file);
  }

  copied(row: number, file: FileEntry): Content | undefined {
    const origin = this.#origins[(this.#from[row] ?? 0) - 1];
    if (origin === undefined) return undefined;
    if ('kind' in origin) return partOf(origin, this.#offsets[row] ?? 0, file.size);
    return copyOf({ tree: origin.tree, path: childPath(origin.directory, baseName(file.path)) }, file)();
  }

  /** Files of one directory come together. */
  setOrigin(row: number, { tree, path, listed }: NonNullable<Node['from']>): void {
    const directory = listed?.directory ?? parentOf(path);
    const last = this.#origins.at(-1);
    const isSame = last !== undefined && 'tree' in last && last.tree === tree && last.directory === directory;
    if (!isSame) this.#origins.push({ tree, directory });
    this.#setLast(row);
  }

  setPart(row: number, { of, offset }: NonNullable<Node['part']>): void {
    if (this.#origins.at(-1) !== of) this.#origins.push(of);
    if (row >= this.#offsets.length) this.#offsets = new Float64Array(resized(this.#offsets, Math.max(row * 2, 64)));
    this.#offsets[row] = offset;
    this.#setLast(row);
  }

  #setLast(row: number): void {
    if (row >= this.#from.length) this.#from = new Uint32Array(resized(this.#from, row * 2));
    this.#from[row] = this.#origins.length;
  }
}

interface Directory {
  /** -1: only on the way to something. */
  row: number;
  readonly children: Map<string, Directory | number>;
}

/** What is put into a layer, by its place: of large trees a row of numbers for each file and a name in its directory. */
export class PlacedFiles {
  readonly #root: Directory = { row: -1, children: new Map() };
  readonly #columns = new EntryColumns();
  readonly contents = new PlacedContents();
  readonly #rows = new Map<Node, number>();
  #last: { readonly path: string; readonly directory: Directory } | undefined;

  get(path: string): NodeEntry | undefined {
    const row = rowOf(this.#find(path));
    return row < 0 ? undefined : this.#entry(row, path);
  }

  has(path: string): boolean {
    return rowOf(this.#find(path)) >= 0;
  }

  /** The file at a path, to give it one more name. */
  node(path: string): Node | undefined {
    const row = rowOf(this.#find(path));
    if (row < 0) return undefined;
    const node = this.contents.nodes.get(row) ?? this.#nodeOf(row, path);
    this.#keep(row, node);
    return node;
  }

  content(file: FileEntry): Content | undefined {
    const row = rowOf(this.#find(file.path));
    return this.contents.of(row, file);
  }

  set(path: string, node: Node): void {
    const row = this.#rows.get(node) ?? this.#add(path, node);
    if (path === '') this.#root.row = row;
    else this.#put(path, node, row);
  }

  names(path: string): readonly string[] {
    const found = this.#find(path);
    return typeof found === 'object' ? [...found.children.keys()] : [];
  }

  removeBelow(path: string): void {
    const found = this.#find(path);
    if (typeof found === 'object') found.children.clear();
    this.#last = undefined;
  }

  /** In the order of a layer: parents first, names by their bytes. */
  *all(): Generator<Placed, void, undefined> {
    if (this.#root.row >= 0) yield this.#placed('', this.#root.row);
    const levels = [levelOf('', this.#root)];
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const name = level.names.pop();
      if (name === undefined) {
        levels.pop();
        continue;
      }
      const path = childPath(level.path, name);
      const found = level.directory.children.get(name);
      const row = rowOf(found);
      if (row >= 0) yield this.#placed(path, row);
      if (typeof found === 'object') levels.push(levelOf(path, found));
    }
  }

  #placed(path: string, row: number): Placed {
    return { row, path, entry: this.#entry(row, path), identity: this.contents.nodes.get(row)?.content && row };
  }

  /** Nothing is here any more, but for the contents. */
  release(): void {
    this.#columns.release();
    this.#root.children.clear();
    this.#rows.clear();
    this.#last = undefined;
  }

  #add(path: string, node: Node): number {
    const row = this.#columns.add(withoutOffset(node.entry));
    if (node.part !== undefined) this.contents.setPart(row, node.part);
    else if (node.from === undefined) this.#keep(row, node);
    else if (baseName(node.from.path) === baseName(path)) this.contents.setOrigin(row, node.from);
    else this.#keep(row, { entry: node.entry, content: copyOf(node.from, node.entry) });
    return row;
  }

  #keep(row: number, node: Node): void {
    if (node.content === undefined) return;
    this.contents.nodes.set(row, node);
    this.#rows.set(node, row);
  }

  #nodeOf(row: number, path: string): Node {
    const entry = this.#entry(row, path);
    return { entry, content: entry.type === 'file' ? () => this.contents.copied(row, entry) ?? missing(path) : undefined };
  }

  #entry(row: number, path: string): NodeEntry {
    return this.#columns.entry(row, path) as NodeEntry; // nothing else was added
  }

  #put(path: string, { entry, from }: Node, row: number): void {
    const { children } = this.#parent(path);
    const own = baseName(path);
    const name = from?.listed?.name === own ? from.listed.name : own;
    const there = children.get(name);
    if (entry.type !== 'directory') {
      if (typeof there === 'object') this.#last = undefined;
      children.set(name, row);
    } else if (typeof there === 'object') there.row = row;
    else children.set(name, { row, children: new Map() });
  }

  #find(path: string): Directory | number | undefined {
    if (path === '') return this.#root;
    if (this.#last !== undefined && isDirectlyIn(path, this.#last.path)) return this.#last.directory.children.get(baseName(path));
    const parent = parentOf(path);
    const directory = this.#find(parent);
    if (typeof directory !== 'object') return undefined;
    this.#last = { path: parent, directory };
    return directory.children.get(baseName(path));
  }

  #parent(path: string): Directory {
    return this.#last !== undefined && isDirectlyIn(path, this.#last.path) ? this.#last.directory : this.#directory(parentOf(path));
  }

  /** Made where there is none. */
  #directory(path: string): Directory {
    const found = this.#find(path);
    if (typeof found === 'object') return found;
    const made: Directory = { row: -1, children: new Map() };
    this.#directory(parentOf(path)).children.set(baseName(path), made);
    return made;
  }
}

/** Names yet to come, the next one last. */
const levelOf = (path: string, directory: Directory) => ({
  path,
  directory,
  names: [...directory.children.keys()].sort(compareNames).reverse(),
});

const rowOf = (found: Directory | number | undefined): number => (typeof found === 'object' ? found.row : (found ?? -1));

const copyOf =
  ({ tree, path }: NonNullable<Node['from']>, entry: NodeEntry) =>
  (): Content =>
    tree.content({ ...(entry as FileEntry), path }); // only files are copied from somewhere

function partOf(content: Content, offset: number, length: number): Content {
  if (content.kind === 'bytes') return { kind: 'bytes', bytes: content.bytes.subarray(offset, offset + length) };
  return { ...content, offset: content.offset + offset, length };
}

/** Where the bytes lay in the layer that they came from says nothing here. */
function withoutOffset(entry: NodeEntry): NodeEntry {
  if (entry.type !== 'file' || entry.offset === undefined) return entry;
  const { offset: _, ...file } = entry;
  return file;
}

export function missing(path: string): never {
  throw new Error(`${path} is no file of this layer`);
}
