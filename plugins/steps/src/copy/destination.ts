import { type LayerDraft, VarveError } from '@varve/core';
import {
  type Attributes,
  baseName,
  type Content,
  childPath,
  type DirectoryEntry,
  type FileEntry,
  type FileTree,
  IndexPacker,
  type NodeEntry,
  type PackedIndex,
  parentOf,
  resolvePath,
} from '@varve/core/archive';
import { missing, type Node, type PlacedContents, PlacedFiles } from './placed-files.ts';

export interface DestinationOptions {
  /** What directories get that nobody copied. */
  readonly made: Pick<Attributes, 'uid' | 'gid' | 'mtime'>;
}

/**
 * The filesystem of the stage with a new layer on it: what is put in shows at once, as it would while a process copies file by file. The
 * layer holds what was put and every directory on the way to it, so that whoever unpacks it alone gives those the right attributes.
 */
export class Destination implements FileTree {
  readonly #below: FileTree;
  readonly #options: DestinationOptions;
  readonly #placed = new PlacedFiles();
  /** Paths of which nothing of the layers below shows, neither they nor what lies in them. */
  readonly #hidden = new Set<string>();
  /** The layer has a file whose bytes lie in the layers below. */
  #borrows = false;

  constructor(below: FileTree, options: DestinationOptions) {
    this.#below = below;
    this.#options = options;
  }

  get(path: string): NodeEntry | undefined {
    const entry = this.#placed.get(path);
    return entry !== undefined || this.#isHidden(path) ? entry : this.#below.get(path);
  }

  /** The file at a path, to give it one more name. */
  node(path: string): Node | undefined {
    const known = this.#placed.node(path);
    if (known !== undefined) return known;
    const entry = this.get(path);
    if (entry === undefined) return undefined;
    if (entry.type !== 'file') return { entry };
    this.#borrows = true;
    return { entry, content: () => this.#below.content(entry) };
  }

  list(path: string): readonly string[] {
    const names = new Set(this.#isHidden(path) ? [] : this.#below.list(path));
    for (const name of this.#placed.names(path)) names.add(name);
    return [...names].filter((name) => this.get(childPath(path, name)) !== undefined).sort();
  }

  async open(): Promise<void> {
    await this.#below.open();
  }
  content(file: FileEntry): Content {
    return this.#placed.content(file) ?? this.#below.content(file);
  }
  digests(files: readonly FileEntry[]): Promise<readonly string[]> {
    return this.#below.digests(files);
  }
  identity(): string | undefined {
    return undefined;
  }

  /** Where a path leads: symlinks are followed as far as there are files, never out of the tree. */
  resolve(path: string): string {
    return resolvePath(this, path).path;
  }

  /**
   * Makes sure that a resolved path is a directory; missing ones are made.
   * @throws VarveError `COPY_CONFLICT` where a file is in the way
   */
  makeDirectories(path: string, mode = 0o755): void {
    const there = this.get(path);
    if (path === '' || there?.type === 'directory') return;
    this.makeDirectories(parentOf(path), mode);
    if (there !== undefined) throw conflict(`mkdir /${path}: not a directory`);
    this.replaceWith(path, { entry: { type: 'directory', path, mode, ...this.#options.made } });
  }

  /** @throws VarveError `COPY_CONFLICT` if something else than a directory is there */
  putDirectory(entry: DirectoryEntry): void {
    const there = this.get(entry.path);
    if (there !== undefined && there.type !== 'directory') throw conflict(`cannot copy to non-directory: /${entry.path}`);
    this.replaceWith(entry.path, { entry });
  }

  /** @throws VarveError `COPY_CONFLICT` if a directory is there */
  putFile(path: string, node: Node): void {
    if (this.get(path)?.type === 'directory') throw conflict(`cannot replace to directory /${path} with file`);
    this.#set(path, node);
  }

  /** Puts an entry in the place of whatever is there; a directory over a directory keeps what it holds. */
  replaceWith(path: string, node: Node): void {
    const there = this.get(path);
    if (there?.type === 'directory' && node.entry.type !== 'directory') this.#removeBelow(path);
    if (there !== undefined && there.type !== 'directory' && node.entry.type === 'directory') this.#hidden.add(path);
    this.#set(path, node);
  }

  #set(path: string, node: Node): void {
    if (baseName(path).startsWith('.wh.'))
      throw new VarveError('LAYER_WHITEOUT_NAME', `/${path} cannot be part of a layer: names that begin with ".wh." remove files`, {
        hint: 'Rename the file, or leave it out with --exclude or .dockerignore.',
      });
    this.#bringParents(path);
    this.#placed.set(path, node);
  }

  /** The layer names the directories on the way, as they are. */
  #bringParents(path: string): void {
    for (let dir = parentOf(path); dir !== '' && !this.#placed.has(dir); dir = parentOf(dir)) {
      const entry = this.#below.get(dir);
      if (entry !== undefined) this.#placed.set(dir, { entry });
    }
  }

  #removeBelow(dir: string): void {
    this.#hidden.add(dir);
    this.#placed.removeBelow(dir);
  }

  #isHidden(path: string): boolean {
    if (this.#hidden.size === 0) return false;
    for (let at = path; at !== ''; at = parentOf(at)) if (this.#hidden.has(at)) return true;
    return false;
  }

  /** The layer: sorted, the first name of a file carries it and its other names are hard links. Nothing can be asked or put in afterwards. */
  async draft(): Promise<LayerDraft> {
    if (this.#borrows) await this.#below.open();
    const packer = new IndexPacker();
    const first = new Map<number, string>();
    const rows: number[] = [];
    for (const { row, path, entry, identity } of this.#placed.all()) {
      rows.push(row);
      const target = identity === undefined ? undefined : first.get(identity);
      packer.add(target === undefined ? entry : { type: 'hardlink', path, target });
      if (identity !== undefined && target === undefined) first.set(identity, path);
      // A directory where there was something else: what the layers below had in it stays gone.
      const isNew = entry.type === 'directory' && this.#hidden.has(path) && this.#below.get(path)?.type === 'directory';
      if (isNew) {
        packer.add({ type: 'opaque', path });
        rows.push(row);
      }
    }
    this.#placed.release();
    return draftOf(packer.finish(), Uint32Array.from(rows), this.#placed.contents);
  }
}

/** Of what was placed it keeps no more than where bytes lie. */
function draftOf(index: PackedIndex, rows: Uint32Array, contents: PlacedContents): LayerDraft {
  return { index, content: (file) => contents.of(rows[index.rowOf(file.path)] ?? -1, file) ?? missing(file.path) };
}

const conflict = (message: string): VarveError =>
  new VarveError('COPY_CONFLICT', message, { hint: 'A slash at the end of the destination means a directory.' });
