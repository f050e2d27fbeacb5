import { type BigIntStats, lstatSync, realpathSync, statSync } from 'node:fs';
import { hashContents } from './content.ts';
import type { Content, FileEntry, FileStamp, NodeEntry } from './entry.ts';
import { isSameStamp, stampOf } from './file-stamp.ts';
import type { FileTree, HostPlace, TreeState } from './file-tree.ts';
import { hostEntry, hostNames, hostNamesWithTypes, isFileMode, namesOf } from './host-entry.ts';
import { pathOf } from './names.ts';
import { baseName, childPath, hostPath, parentOf } from './paths.ts';
import type { PatternMatcher, PatternResults } from './patterns.ts';
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

/** A directory that has been read; sets and results are absent without patterns. */
interface Listing {
  readonly names: readonly string[];
  readonly visible?: ReadonlySet<string>;
  /** Nothing in it is hidden. */
  readonly isWhole?: boolean;
  /** What the patterns said about the directories in it, hidden ones too. */
  readonly results?: ReadonlyMap<string, PatternResults>;
}

interface Seen extends SeenFile {
  readonly rdev: number;
  /** It has no extended attributes, as far as was asked. */
  isPlain: boolean;
  entry: NodeEntry | undefined;
}

/** The root itself may be given by a symlink. */
const statsOf = (root: string, path: string): BigIntStats | undefined =>
  (path === '' ? statSync : lstatSync)(pathOf(hostPath(root, path)), { bigint: true, throwIfNoEntry: false });

/** A directory of this host as it is when first looked at: each directory is read once, when somebody asks, and then remembered. */
export class DirectoryTree implements FileTree {
  readonly root: string;
  readonly #ignore: PatternMatcher | undefined;
  readonly #hash: HashFiles | undefined;
  readonly #xattrs: boolean;
  /** In nanoseconds: nothing was looked at before. */
  readonly #since = BigInt(Date.now()) * 1_000_000n;
  readonly #listings = new Map<string, Listing>();
  readonly #seen = new Map<string, Seen | undefined>();

  constructor(root: string, { ignore, hash, xattrs = true }: DirectoryTreeOptions = {}) {
    this.root = root;
    this.#ignore = ignore?.isEmpty ? undefined : ignore;
    this.#hash = hash;
    this.#xattrs = xattrs;
  }

  get(path: string): NodeEntry | undefined {
    const seen = this.#look(path);
    if (seen === undefined || seen.entry !== undefined) return seen?.entry;
    const { stamp, mode, uid, gid, rdev, isPlain } = seen;
    const host = hostPath(this.root, path);
    const stats = { mode, uid, gid, rdev, size: stamp.size, mtimeNs: stamp.mtimeNs };
    const entry = hostEntry({ path, host, stats, xattrNames: isPlain || !this.#xattrs ? [] : namesOf(host) });
    // What else was read stays what it was; the rest is made anew when it is wanted: of a large tree it would be a few hundred megabytes
    if (entry?.type === 'symlink' || entry?.xattrs !== undefined) seen.entry = entry;
    else seen.isPlain = true;
    return entry;
  }

  list(path: string): readonly string[] {
    return this.#look(path)?.isDirectory === true ? this.#listing(path).names : [];
  }

  state(paths: readonly string[]): TreeState {
    const look = (path: string): Seen | undefined => this.#look(path);
    const of = this.#xattrs ? this.root : `${this.root} without extended attributes`;
    return stateOf(paths, { of, since: this.#since, look, list: (path) => this.#listing(path).names });
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
      const { names, visible, isWhole = true } = this.#listing(entry.path);
      if (names.some((name) => this.get(childPath(entry.path, name)) === undefined)) return undefined;
      if (isWhole) continue;
      const out = hostNames(hostPath(this.root, entry.path)).filter((name) => visible?.has(name) !== true);
      hidden.push(...out.map((name) => childPath(entry.path, name).slice(path === '' ? 0 : path.length + 1)));
    }
    return this.get(path) && { path: hostPath(realpathSync(this.root), path), hidden };
  }

  whatChanged(path: string): string | undefined {
    for (const entry of this.#below(path)) {
      const before = this.#look(entry.path)?.stamp;
      const now = statsOf(this.root, entry.path);
      if (before === undefined || now === undefined || !isSameStamp(before, now)) return entry.path;
    }
    return undefined;
  }

  *#below(path: string): Generator<NodeEntry, void, undefined> {
    const pending = [path];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const entry = this.get(at);
      if (entry === undefined) continue;
      yield entry;
      if (entry.type === 'directory') for (const name of this.#listing(at).names) pending.push(childPath(at, name));
    }
  }

  identity(file: Pick<FileEntry, 'path'>): string | undefined {
    const seen = this.#look(file.path);
    return seen?.isLinked === true ? `${seen.stamp.dev}:${seen.stamp.ino}` : undefined;
  }

  #stamped(file: FileEntry): { readonly path: string; readonly stamp: FileStamp } {
    const seen = this.#look(file.path);
    if (seen === undefined || !isFileMode(seen.mode)) throw new Error(`"${file.path}" is no file of this tree`);
    return { path: hostPath(this.root, file.path), stamp: seen.stamp };
  }

  #look(path: string): Seen | undefined {
    if (this.#seen.has(path)) return this.#seen.get(path);
    const seen = this.#isVisible(path) ? this.#stat(path) : undefined;
    this.#seen.set(path, seen);
    return seen;
  }

  /** Below a visible, real directory, and listed there. */
  #isVisible(path: string): boolean {
    if (path === '') return true;
    const parent = parentOf(path);
    if (this.#look(parent)?.isDirectory !== true) return false;
    return this.#ignore === undefined || this.#listing(parent).visible?.has(baseName(path)) === true;
  }

  #stat(path: string): Seen | undefined {
    const stats = statsOf(this.root, path);
    if (stats === undefined) return undefined;
    const stamp = stampOf(stats);
    const [mode, uid, gid, rdev] = [Number(stats.mode), Number(stats.uid), Number(stats.gid), Number(stats.rdev)];
    const isDirectory = stats.isDirectory(); // which has as many links as directories in it
    const isLinked = stats.nlink > 1n && !isDirectory;
    return { stamp, mode, uid, gid, rdev, isDirectory, isLinked, isPlain: false, entry: undefined };
  }

  #listing(path: string): Listing {
    const known = this.#listings.get(path);
    if (known !== undefined) return known;
    const parent = path === '' ? undefined : this.#listings.get(parentOf(path))?.results?.get(baseName(path));
    return this.#read(path, parent);
  }

  #read(path: string, results: PatternResults | undefined): Listing {
    const ignore = this.#ignore;
    const listing = ignore ? this.#filter(path, { ignore, results }) : { names: hostNames(hostPath(this.root, path)) };
    this.#listings.set(path, listing);
    return listing;
  }

  #filter(dir: string, { ignore, results }: { ignore: PatternMatcher; results: PatternResults | undefined }): Listing {
    const below = new Map<string, PatternResults>();
    const visible = new Set<string>();
    const all = hostNamesWithTypes(hostPath(this.root, dir));
    for (const { name, isDirectory } of all) {
      const path = childPath(dir, name);
      const found = ignore.matchBelow(path, results);
      if (isDirectory) below.set(name, found);
      if (!found.matched || (isDirectory && this.#holdsVisible(path, { ignore, found }))) visible.add(name);
    }
    return { names: [...visible], visible, results: below, isWhole: visible.size === all.length };
  }

  /** An ignored directory is there if something in it is taken back. */
  #holdsVisible(path: string, { ignore, found }: { ignore: PatternMatcher; found: PatternResults }): boolean {
    return ignore.mayReincludeBelow(path) && this.#read(path, found).names.length > 0;
  }
}
