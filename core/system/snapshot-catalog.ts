import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainID, SnapshotKey } from '../image/digest.ts';
import { VarveError } from '../src/errors.ts';
import { ProcessMarker } from './process-marker.ts';
import { removeTree } from './remove-tree.ts';
import { bootId, markOnDisk, mayBeTorn } from './snapshot-durability.ts';
import { NOTE, type Note, notFound, type SnapshotFolder, SnapshotFolders } from './snapshot-folders.ts';
import { uniqueName } from './unique-name.ts';

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
  /** What is there, to be looked at. */
  readonly folders: SnapshotFolders<Data>;
  readonly #marker: ProcessMarker;
  #isMade = false;

  constructor(root: string) {
    this.root = root;
    this.folders = new SnapshotFolders(root);
    this.#marker = new ProcessMarker(join(root, 'processes'));
  }

  /**
   * Makes a snapshot that this process holds.
   * @throws VarveError `STORAGE_EXISTS` if the key is taken, `STORAGE_NOT_FOUND` if the parent is not committed
   */
  async create({ key, kind, parent, data, lasting, make }: NewSnapshot<Data>): Promise<SnapshotFolder<Data>> {
    this.#makeRoot();
    const half = this.#half();
    const dir = this.folders.activeDir(key);
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
    if (parent === null || this.folders.read(this.folders.committedDir(parent)) !== undefined) return { id: key, kind, parent, data, dir };
    await this.#discard(dir);
    throw notFound(parent, 'a committed snapshot');
  }

  /**
   * Gives an active snapshot its lasting name. `false`: the name was taken, and the snapshot is gone.
   * @throws VarveError `STORAGE_NOT_FOUND`
   */
  async commit(key: SnapshotKey, name: ChainID): Promise<boolean> {
    const { dir } = this.folders.active(key);
    try {
      renameSync(dir, this.folders.committedDir(name));
      return true;
    } catch (failure) {
      if (!isTaken(failure)) throw failure;
      await this.#discard(dir);
      return false;
    }
  }

  /** Idempotent. @throws VarveError `STORAGE_IN_USE` while a child exists */
  async remove(id: ChainID | SnapshotKey): Promise<void> {
    const folder = this.folders.find(id);
    if (folder === undefined) return;
    if (folder.kind !== 'committed') return this.#discard(folder.dir);
    this.folders.refuseParent(id);
    const half = this.#half();
    if (!move(folder.dir, half)) return;
    this.folders.forget(id);
    try {
      this.folders.refuseParent(id);
    } catch (failure) {
      renameSync(half, folder.dir);
      throw failure;
    }
    await removeTree(half);
  }

  /** Removes what killed processes left. `release` is told first which snapshots go: to unmount them. */
  async recover(release: (left: readonly SnapshotFolder<Data>[]) => Promise<void>): Promise<void> {
    const left = this.folders.names('active').filter((name) => !this.#isKept(this.folders.note(join(this.root, 'active', name))));
    const folders = left.map((name) => this.folders.read(join(this.root, 'active', name))).filter((folder) => folder !== undefined);
    await release(folders);
    for (const name of left) await this.#discard(join(this.root, 'active', name));
    await this.#recoverCommitted();
    for (const name of this.folders.names('half'))
      if (!this.#isHeld(name.slice(0, name.indexOf('.')))) await this.#discard(join(this.root, 'half', name));
    this.#marker.sweep();
  }

  /** What this process still holds is left to `recover`. */
  [Symbol.dispose](): void {
    this.#marker[Symbol.dispose]();
  }

  /** After the machine stopped: what may be torn goes, with everything that stands on it. */
  async #recoverCommitted(): Promise<void> {
    for (const name of this.folders.names('committed')) {
      const dir = join(this.root, 'committed', name);
      const note = this.folders.note(dir);
      if (note === undefined || mayBeTorn(dir, note.boot)) await this.#discard(dir);
    }
    for (let left = this.folders.orphans(); left.length > 0; left = this.folders.orphans())
      for (const { dir } of left) await this.#discard(dir);
    const committed = this.folders.list().filter(({ kind }) => kind === 'committed');
    markOnDisk(
      this.root,
      committed.map(({ dir }) => dir),
    );
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

  #half = (): string => join(this.root, 'half', `${this.#marker.name}.${uniqueName()}`);
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
