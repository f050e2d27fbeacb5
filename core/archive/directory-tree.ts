import { realpathSync } from 'node:fs';
import { lookAt, ROW } from '../system/index.ts';
import { hashContents } from './content.ts';
import type { Content, FileEntry, FileStamp, NodeEntry } from './entry.ts';
import { isSameStamp } from './file-stamp.ts';
import type { FileTree, HostPlace, TreeState } from './file-tree.ts';
import { hostEntry, hostNames, hostNamesWithTypes, isFileMode, namesOf } from './host-entry.ts';
import { pathOf } from './names.ts';
import { baseName, childPath, hostPath, isDirectlyIn, parentOf } from './paths.ts';
import type { PatternMatcher, PatternResults } from './patterns.ts';
import { SeenFiles, SeenRows } from './seen-files.ts';
import { type SeenFile, stateOf } from './tree-state.ts';

/** `sha256:…` of each file's bytes, in order. `path` is a host path; give it to `node:fs` through `pathOf`. */
export type HashFiles = (files: readonly { readonly path: string; readonly stamp: FileStamp }[]) => Promise<readonly string[]>;

export interface DirectoryTreeOptions {
  /** What it matches is hidden, but for directories on the way to something that it takes back. */
  readonly ignore?: PatternMatcher | undefined;
  /** Remembers hashes of unchanged files; without it every file is read. */
  readonly hash?: HashFiles | undefined;
  /** Whether entries carry extended attributes; default true. */
  readonly xattrs?: boolean;
}

/** A directory that has been read; results are absent without patterns. */
interface Listing {
  readonly files: SeenFiles;
  /** Something in it is hidden. */
  readonly hides: boolean;
  /** What the patterns said about the directories in it, hidden ones too. */
  readonly results?: ReadonlyMap<string, PatternResults>;
}

/** A directory of this host as it is when first looked at: each directory is read once, when somebody asks, and then remembered. */
export class DirectoryTree implements FileTree {
  readonly root: string;
  readonly #ignore: PatternMatcher | undefined;
  readonly #hash: HashFiles | undefined;
  readonly #xattrs: boolean;
  /** In nanoseconds: nothing was looked at before. */
  readonly #since = BigInt(Date.now()) * 1_000_000n;
  readonly #listings = new Map<string, Listing>();
  /** By directory and name: files that were looked at while nobody wanted to know what else is there. */
  readonly #alone = new Map<string, Map<string, SeenFiles>>();
  readonly #rows = new SeenRows();
  readonly #top = new SeenFiles([''], this.#rows);
  #last: { readonly path: string; readonly files: SeenFiles } | undefined;

  constructor(root: string, { ignore, hash, xattrs = true }: DirectoryTreeOptions = {}) {
    this.root = root;
    this.#ignore = ignore?.isEmpty ? undefined : ignore;
    this.#hash = hash;
    this.#xattrs = xattrs;
  }

  get(path: string): NodeEntry | undefined {
    const seen = this.#look(path);
    if (seen === undefined) return undefined;
    const { files, place } = seen;
    const known = files.entry(place);
    if (known !== undefined) return known;
    const host = hostPath(this.root, path);
    const xattrNames = files.isPlain(place) || !this.#xattrs ? [] : namesOf(host);
    const entry = hostEntry({ path, host, stats: files.stats(place), xattrNames });
    // What else was read stays what it was; the rest is made anew when it is wanted: of a large tree it would be a few hundred megabytes
    if (entry !== undefined && (entry.type === 'symlink' || entry.xattrs !== undefined)) files.keep(place, entry);
    else files.setPlain(place);
    return entry;
  }

  list(path: string): readonly string[] {
    return this.#isDirectory(path) ? this.#listing(path).files.names : [];
  }

  state(paths: readonly string[]): TreeState {
    const look = (path: string): SeenFile | undefined => this.#look(path);
    const of = this.#xattrs ? this.root : `${this.root} without extended attributes`;
    return stateOf(paths, { of, since: this.#since, look, list: (path) => this.#lookAtAll(path) });
  }

  #lookAtAll(path: string) {
    const { files } = this.#listing(path);
    const host = hostPath(this.root, path);
    return { files, isThere: (place: number) => files.look(place, () => `${host}/${files.names[place]}`) };
  }

  async open(): Promise<void> {}

  content(file: FileEntry): Content {
    const { path, stamp } = this.#stamped(file);
    return { kind: 'range', file: path, offset: 0, length: file.size, stamp };
  }

  async digests(files: readonly FileEntry[]): Promise<readonly string[]> {
    if (files.length === 0) return [];
    if (this.#hash === undefined) return await hashContents(files.map((file) => this.content(file)));
    return await this.#hash(files.map((file) => this.#stamped(file)));
  }

  /** Nothing but files, directories and symlinks. */
  hostPlace(path: string): HostPlace | undefined {
    const hidden: string[] = [];
    for (const entry of this.#below(path)) {
      if (entry.type !== 'file' && entry.type !== 'directory' && entry.type !== 'symlink') return undefined;
      if (entry.type !== 'directory') continue;
      const { files, hides } = this.#listing(entry.path);
      if (files.names.some((name) => this.get(childPath(entry.path, name)) === undefined)) return undefined;
      if (!hides) continue;
      const out = hostNames(hostPath(this.root, entry.path)).filter((name) => files.placeOf(name) < 0);
      hidden.push(...out.map((name) => childPath(entry.path, name).slice(path === '' ? 0 : path.length + 1)));
    }
    return this.get(path) && { path: hostPath(realpathSync(this.root), path), hidden };
  }

  whatChanged(path: string): string | undefined {
    const now = new Uint32Array(ROW.length);
    for (const entry of this.#below(path)) {
      const seen = this.#look(entry.path);
      const isThere = lookAt(pathOf(hostPath(this.root, entry.path)), now, 0, { follow: entry.path === '' });
      if (seen === undefined || !isThere || !isSameStamp(seen.files.stamp(seen.place), now)) return entry.path;
    }
    return undefined;
  }

  *#below(path: string): Generator<NodeEntry, void, undefined> {
    const pending = [path];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const entry = this.get(at);
      if (entry === undefined) continue;
      yield entry;
      if (entry.type === 'directory') for (const name of this.#listing(at).files.names) pending.push(childPath(at, name));
    }
  }

  identity(file: Pick<FileEntry, 'path'>): string | undefined {
    const seen = this.#look(file.path);
    return seen?.files.isLinked(seen.place) === true ? `${seen.files.dev(seen.place)}:${seen.files.ino(seen.place)}` : undefined;
  }

  #stamped(file: FileEntry): { readonly path: string; readonly stamp: FileStamp } {
    const seen = this.#look(file.path);
    if (seen === undefined || !isFileMode(seen.files.mode(seen.place))) throw new Error(`"${file.path}" is no file of this tree`);
    return { path: hostPath(this.root, file.path), stamp: seen.files.stamp(seen.place) };
  }

  /**
   * All that was looked at so far, by directory of this host; the tree's own is without a name. What a directory holds is told by its row:
   * names that come and go set its times.
   */
  *looked(): Generator<{ readonly directory: string; readonly files: SeenFiles }, void, undefined> {
    yield { directory: this.root, files: this.#top };
    for (const [path, { files }] of this.#listings) yield { directory: hostPath(this.root, path), files };
    for (const [path, alone] of this.#alone) for (const files of alone.values()) yield { directory: hostPath(this.root, path), files };
  }

  #isDirectory(path: string): boolean {
    const seen = this.#look(path);
    return seen?.files.isDirectory(seen.place) === true;
  }

  #look(path: string): SeenFile | undefined {
    const isTop = path === '';
    const seen = isTop ? { files: this.#top, place: 0 } : this.#find(path);
    return seen?.files.look(seen.place, () => hostPath(this.root, path), { follow: isTop }) === true ? seen : undefined;
  }

  /** Below a visible, real directory, and listed there. */
  #find(path: string): SeenFile | undefined {
    if (this.#last === undefined || !isDirectlyIn(path, this.#last.path)) {
      const parent = parentOf(path);
      if (!this.#isDirectory(parent)) return undefined;
      const listing = this.#ignore === undefined ? this.#listings.get(parent) : this.#listing(parent);
      if (listing === undefined) return this.#findAlone(parent, baseName(path));
      this.#last = { path: parent, files: listing.files };
    }
    const { files } = this.#last;
    const place = files.placeOf(baseName(path));
    return place < 0 ? undefined : { files, place };
  }

  #findAlone(parent: string, name: string): SeenFile {
    const known = this.#alone.get(parent) ?? new Map<string, SeenFiles>();
    const files = known.get(name) ?? new SeenFiles([name], this.#rows);
    this.#alone.set(parent, known.set(name, files));
    return { files, place: 0 };
  }

  #listing(path: string): Listing {
    const known = this.#listings.get(path);
    if (known !== undefined) return known;
    const parent = path === '' ? undefined : this.#listings.get(parentOf(path))?.results?.get(baseName(path));
    return this.#read(path, parent);
  }

  #read(path: string, results: PatternResults | undefined): Listing {
    const ignore = this.#ignore;
    const listing = ignore
      ? this.#filter(path, { ignore, results })
      : { files: new SeenFiles(hostNames(hostPath(this.root, path)), this.#rows), hides: false };
    for (const [name, seen] of this.#alone.get(path) ?? []) {
      const place = listing.files.placeOf(name);
      if (place >= 0) listing.files.adopt(place, seen);
    }
    this.#alone.delete(path);
    this.#listings.set(path, listing);
    return listing;
  }

  #filter(dir: string, { ignore, results }: { ignore: PatternMatcher; results: PatternResults | undefined }): Listing {
    const below = new Map<string, PatternResults>();
    const all = hostNamesWithTypes(hostPath(this.root, dir));
    const visible = all.filter(({ name, isDirectory }) => {
      const path = childPath(dir, name);
      const found = ignore.matchBelow(path, results);
      if (isDirectory) below.set(name, found);
      return !found.matched || (isDirectory && this.#holdsVisible(path, { ignore, found }));
    });
    return {
      files: new SeenFiles(
        visible.map(({ name }) => name),
        this.#rows,
      ),
      results: below,
      hides: visible.length < all.length,
    };
  }

  /** An ignored directory is there if something in it is taken back. */
  #holdsVisible(path: string, { ignore, found }: { ignore: PatternMatcher; found: PatternResults }): boolean {
    return ignore.mayReincludeBelow(path) && this.#read(path, found).files.names.length > 0;
  }
}
