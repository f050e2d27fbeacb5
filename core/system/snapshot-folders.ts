import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChainID, digestFromHex, digestOf, hexOf, isDigest, type SnapshotKey } from '../image/digest.ts';
import { VarveError } from '../src/errors.ts';
import type { SnapshotInfo } from './snapshot-info.ts';

/** A snapshot and the directory that is its own. */
export interface SnapshotFolder<Data> extends SnapshotInfo {
  readonly dir: string;
  /** What the driver wrote down when the snapshot was made. */
  readonly data: Data;
}

/** What is written down beside a snapshot when it is made. */
export interface Note<Data> {
  readonly id: ChainID | SnapshotKey;
  readonly kind: 'active' | 'view';
  readonly parent: ChainID | null;
  readonly holder: string;
  readonly boot: string;
  readonly lasting?: boolean | undefined;
  readonly data: Data;
}

export const NOTE = 'snapshot.json';

/** What lies in the directories of a `SnapshotCatalog`: reads, and changes nothing. */
export class SnapshotFolders<Data> {
  readonly root: string;
  /** Of committed snapshots, by the names of their directories. A chain says what it stands on: what was read once holds. */
  readonly #parents = new Map<string, ChainID | null>();

  constructor(root: string) {
    this.root = root;
  }

  /** @throws VarveError `STORAGE_NOT_FOUND` */
  active(key: SnapshotKey): SnapshotFolder<Data> {
    const folder = this.read(this.activeDir(key));
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
    return this.#readCommitted(id) ?? this.read(this.activeDir(id));
  }

  /** Where a committed snapshot lies, or would lie. */
  committedDir(name: string): string {
    return join(this.root, 'committed', folderName(name));
  }

  /** Sorted: committed ones first. */
  list(): readonly SnapshotFolder<Data>[] {
    const committed = this.names('committed').map((name) => this.#readCommitted(digestFromHex(name)));
    const held = this.names('active').map((name) => this.read(join(this.root, 'active', name)));
    return [...committed, ...held].filter((folder) => folder !== undefined);
  }

  /** Committed ones whose parent is gone. */
  orphans(): readonly SnapshotFolder<Data>[] {
    const all = this.list();
    const ids = new Set<string>(all.map(({ id }) => id));
    return all.filter(({ kind, parent }) => kind === 'committed' && parent !== null && !ids.has(parent));
  }

  /** @throws VarveError `STORAGE_IN_USE` for one that has children */
  refuseParent(id: ChainID | SnapshotKey): void {
    const child = this.names('committed').find((name) => this.#parentOf(name) === id);
    const held = this.names('active').find((name) => this.note(join(this.root, 'active', name))?.parent === id);
    const found = child === undefined ? held : digestFromHex(child);
    if (found === undefined) return;
    throw new VarveError('STORAGE_IN_USE', `Snapshot ${id} is the parent of ${found}`, { hint: 'Remove the snapshots on top first.' });
  }

  /** Whoever removes many asks for each whether it has children: that is no reason to read all notes each time. */
  #parentOf(committed: string): ChainID | null | undefined {
    const known = this.#parents.get(committed);
    if (known !== undefined) return known;
    const parent = this.note(join(this.root, 'committed', committed))?.parent;
    if (parent !== undefined) this.#parents.set(committed, parent);
    return parent;
  }

  /** What is in one of the folders, sorted. */
  names(folder: 'active' | 'committed' | 'half'): readonly string[] {
    return existsSync(join(this.root, folder)) ? readdirSync(join(this.root, folder)).sort() : [];
  }

  activeDir(id: string): string {
    return join(this.root, 'active', folderName(id));
  }

  #readCommitted(id: string): SnapshotFolder<Data> | undefined {
    const folder = this.read(this.committedDir(id));
    return folder && { ...folder, id: id as ChainID, kind: 'committed' }; // it lies where only this name leads
  }

  /** The snapshot in this directory. */
  read(dir: string): SnapshotFolder<Data> | undefined {
    const note = this.note(dir);
    return note && { id: note.id, kind: note.kind, parent: note.parent, data: note.data, dir };
  }

  /** `undefined` also for a note that was cut short when the machine stopped. */
  note(dir: string): Note<Data> | undefined {
    try {
      return JSON.parse(readFileSync(join(dir, NOTE), 'utf8')) as Note<Data>; // written by `create`
    } catch {
      return undefined;
    }
  }

  /** Of a snapshot that goes. */
  forget(id: ChainID | SnapshotKey): void {
    this.#parents.delete(folderName(id));
  }
}

/** Names of hex digits for digests; for keys themselves where they are safe in paths and mount options. */
function folderName(id: string): string {
  if (isDigest(id)) return hexOf(id);
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/.test(id) ? id : `_${hexOf(digestOf(id))}`;
}

export const notFound = (id: string, expected: string): VarveError =>
  new VarveError('STORAGE_NOT_FOUND', `Expected ${expected} ${JSON.stringify(id)}, found none`);
