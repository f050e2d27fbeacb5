import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChainID, digestFromHex, digestOf, hexOf, isDigest, type SnapshotKey } from '../image/digest.ts';
import { VarveError } from '../src/errors.ts';
import { ProcessMarker } from './process-marker.ts';
import { removeTree } from './remove-tree.ts';
import { bootId, markOnDisk, mayBeTorn } from './snapshot-durability.ts';
import type { SnapshotInfo } from './snapshot-info.ts';
import { uniqueName } from './unique-name.ts';

/** A snapshot and the directory that is its own. */
export interface SnapshotFolder<Data> extends SnapshotInfo {
  readonly dir: string;
  /** What the driver wrote down when the snapshot was made. */
  readonly data: Data;
}

export interface NewSnapshot<Data> {
  readonly key: SnapshotKey;
  readonly kind: 'active' | 'view';
  readonly parent: ChainID | null;
  readonly data: Data;
  /** It stays when the process that made it has ended. */
  readonly lasting?: boolean | undefined;
  /** Fills the directory before anybody sees it. Quick, and without turns of the event loop. */
  readonly make?: (dir: string) => void;
}

interface Note<Data> {
  readonly id: ChainID | SnapshotKey;
  readonly kind: 'active' | 'view';
  readonly parent: ChainID | null;
  readonly holder: string;
  readonly boot: string;
  readonly lasting?: boolean | undefined;
  readonly data: Data;
}

const NOTE = 'snapshot.json';

/**
 * The directories of a storage driver's snapshots, for several processes at once. Every change is one rename:
 *
 *     active/<key>/       of a process that lives, or of a killed one until `recover`; lasting ones until they are removed
 *     committed/<chain>/  never changes, but for being removed
 *     half/<marker>.…/    being made or being removed
 *     processes/<marker>  locked by its process while that runs
 */
export class SnapshotCatalog<Data> implements Disposable {
  readonly root: string;
  readonly #marker: ProcessMarker;
  /** Of committed snapshots, by the names of their directories. A chain says what it stands on: what was read once holds. */
  readonly #parents = new Map<string, ChainID | null>();
  #isMade = false;

  constructor(root: string) {
    this.root = root;
    this.#marker = new ProcessMarker(join(root, 'processes'));
  }

  /**
   * Makes a snapshot that this process holds.
   * @throws VarveError `STORAGE_EXISTS` if the key is taken, `STORAGE_NOT_FOUND` if the parent is not committed
   */
  async create({ key, kind, parent, data, lasting, make }: NewSnapshot<Data>): Promise<SnapshotFolder<Data>> {
    this.#makeRoot();
    const half = this.#half();
    const dir = this.#activeDir(key);
    const note: Note<Data> = { id: key, kind, parent, holder: this.#marker.name, boot: bootId(), lasting, data };
    try {
      mkdirSync(half, { mode: 0o700 });
      make?.(half);
      writeFileSync(join(half, NOTE), JSON.stringify(note));
      renameSync(half, dir);
    } catch (failure) {
      await removeTree(half);
      throw isTaken(failure) ? existsAlready(key) : failure;
    }
    // Whoever removes a parent looks for children before and after it hides the parent, so one of the two sees the other.
    if (parent === null || this.#read(this.committedDir(parent)) !== undefined) return { id: key, kind, parent, data, dir };
    await this.#discard(dir);
    throw notFound(parent, 'a committed snapshot');
  }

  /** @throws VarveError `STORAGE_NOT_FOUND` */
  active(key: SnapshotKey): SnapshotFolder<Data> {
    const folder = this.#read(this.#activeDir(key));
    if (folder?.kind !== 'active') throw notFound(key, 'an active snapshot');
    return folder;
  }

  /** @throws VarveError `STORAGE_NOT_FOUND` */
  committed(name: ChainID): SnapshotFolder<Data> {
    const folder = this.#readCommitted(name);
    if (folder === undefined) throw notFound(name, 'a committed snapshot');
    return folder;
  }

  find(id: ChainID | SnapshotKey): SnapshotFolder<Data> | undefined {
    return this.#readCommitted(id) ?? this.#read(this.#activeDir(id));
  }

  /** Where a committed snapshot lies, or would lie. */
  committedDir(name: string): string {
    return join(this.root, 'committed', folderName(name));
  }

  /** Sorted: committed ones first. */
  list(): readonly SnapshotFolder<Data>[] {
    const committed = this.#names('committed').map((name) => this.#readCommitted(digestFromHex(name)));
    const held = this.#names('active').map((name) => this.#read(join(this.root, 'active', name)));
    return [...committed, ...held].filter((folder) => folder !== undefined);
  }

  /**
   * Gives an active snapshot its lasting name. `false`: the name was taken, and the snapshot is gone.
   * @throws VarveError `STORAGE_NOT_FOUND`
   */
  async commit(key: SnapshotKey, name: ChainID): Promise<boolean> {
    const { dir } = this.active(key);
    try {
      renameSync(dir, this.committedDir(name));
      return true;
    } catch (failure) {
      if (!isTaken(failure)) throw failure;
      await this.#discard(dir);
      return false;
    }
  }

  /** Idempotent. @throws VarveError `STORAGE_IN_USE` while a child exists */
  async remove(id: ChainID | SnapshotKey): Promise<void> {
    const folder = this.find(id);
    if (folder === undefined) return;
    if (folder.kind !== 'committed') return this.#discard(folder.dir);
    this.#refuseParent(id);
    const half = this.#half();
    if (!move(folder.dir, half)) return;
    this.#parents.delete(folderName(id));
    try {
      this.#refuseParent(id);
    } catch (failure) {
      renameSync(half, folder.dir);
      throw failure;
    }
    await removeTree(half);
  }

  /** Removes what killed processes left. `release` is told first which snapshots go: to unmount them. */
  async recover(release: (left: readonly SnapshotFolder<Data>[]) => Promise<void>): Promise<void> {
    const left = this.#names('active').filter((name) => !this.#isKept(this.#note(join(this.root, 'active', name))));
    const folders = left.map((name) => this.#read(join(this.root, 'active', name))).filter((folder) => folder !== undefined);
    await release(folders);
    for (const name of left) await this.#discard(join(this.root, 'active', name));
    await this.#recoverCommitted();
    for (const name of this.#names('half'))
      if (!this.#isHeld(name.slice(0, name.indexOf('.')))) await this.#discard(join(this.root, 'half', name));
    this.#marker.sweep();
  }

  /** What this process still holds is left to `recover`. */
  [Symbol.dispose](): void {
    this.#marker[Symbol.dispose]();
  }

  /** After the machine stopped: what may be torn goes, with everything that stands on it. */
  async #recoverCommitted(): Promise<void> {
    for (const name of this.#names('committed')) {
      const dir = join(this.root, 'committed', name);
      const note = this.#note(dir);
      if (note === undefined || mayBeTorn(dir, note.boot)) await this.#discard(dir);
    }
    for (let left = this.#orphans(); left.length > 0; left = this.#orphans()) for (const { dir } of left) await this.#discard(dir);
    const committed = this.list().filter(({ kind }) => kind === 'committed');
    markOnDisk(
      this.root,
      committed.map(({ dir }) => dir),
    );
  }

  #orphans(): readonly SnapshotFolder<Data>[] {
    const all = this.list();
    const ids = new Set<string>(all.map(({ id }) => id));
    return all.filter(({ kind, parent }) => kind === 'committed' && parent !== null && !ids.has(parent));
  }

  #refuseParent(id: ChainID | SnapshotKey): void {
    const child = this.#names('committed').find((name) => this.#parentOf(name) === id);
    const held = this.#names('active').find((name) => this.#note(join(this.root, 'active', name))?.parent === id);
    const found = child === undefined ? held : digestFromHex(child);
    if (found === undefined) return;
    throw new VarveError('STORAGE_IN_USE', `Snapshot ${id} is the parent of ${found}`, { hint: 'Remove the snapshots on top first.' });
  }

  /** Whoever removes many asks for each whether it has children: that is no reason to read all notes each time. */
  #parentOf(committed: string): ChainID | null | undefined {
    const known = this.#parents.get(committed);
    if (known !== undefined) return known;
    const parent = this.#note(join(this.root, 'committed', committed))?.parent;
    if (parent !== undefined) this.#parents.set(committed, parent);
    return parent;
  }

  #isKept(note: Note<Data> | undefined): boolean {
    return note?.lasting === true || this.#isHeld(note?.holder);
  }

  #isHeld(marker: string | undefined): boolean {
    return marker !== undefined && this.#marker.isAlive(marker);
  }

  /** Out of sight by one rename, then removed. */
  async #discard(dir: string): Promise<void> {
    this.#makeRoot();
    const half = this.#half();
    if (move(dir, half)) await removeTree(half);
  }

  #makeRoot(): void {
    if (this.#isMade) return;
    for (const name of ['active', 'committed', 'half']) mkdirSync(join(this.root, name), { recursive: true, mode: 0o700 });
    this.#isMade = true;
  }

  #names(folder: string): readonly string[] {
    return existsSync(join(this.root, folder)) ? readdirSync(join(this.root, folder)).sort() : [];
  }

  #half = (): string => join(this.root, 'half', `${this.#marker.name}.${uniqueName()}`);
  #activeDir = (id: string): string => join(this.root, 'active', folderName(id));

  #readCommitted(id: string): SnapshotFolder<Data> | undefined {
    const folder = this.#read(this.committedDir(id));
    return folder && { ...folder, id: id as ChainID, kind: 'committed' }; // it lies where only this name leads
  }

  #read(dir: string): SnapshotFolder<Data> | undefined {
    const note = this.#note(dir);
    return note && { id: note.id, kind: note.kind, parent: note.parent, data: note.data, dir };
  }

  /** `undefined` also for a note that was cut short when the machine stopped. */
  #note(dir: string): Note<Data> | undefined {
    try {
      return JSON.parse(readFileSync(join(dir, NOTE), 'utf8')) as Note<Data>; // written by `create`
    } catch {
      return undefined;
    }
  }
}

/** Names of hex digits for digests; for keys themselves where they are safe in paths and mount options. */
function folderName(id: string): string {
  if (isDigest(id)) return hexOf(id);
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/.test(id) ? id : `_${hexOf(digestOf(id))}`;
}

/** `false`: it was gone already. */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (failure) {
    if (codeOf(failure) === 'ENOENT') return false;
    throw failure;
  }
}

const codeOf = (failure: unknown): string | undefined => (failure as NodeJS.ErrnoException).code;
/** A directory that is not empty is never replaced by a rename. */
const isTaken = (failure: unknown): boolean => codeOf(failure) === 'ENOTEMPTY' || codeOf(failure) === 'EEXIST';

const existsAlready = (key: SnapshotKey): VarveError =>
  new VarveError('STORAGE_EXISTS', `A snapshot ${JSON.stringify(key)} exists already`);
const notFound = (id: string, expected: string): VarveError =>
  new VarveError('STORAGE_NOT_FOUND', `Expected ${expected} ${JSON.stringify(id)}, found none`);
