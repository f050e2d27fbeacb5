import { type DirectoryTree, isRowSettled, momentOf, nsOf, pathOf } from '@varve/core/archive';
import { lookAt, lookAtAlone, ROW, secondsAt } from '@varve/core/system';

/** Above as many files koffi has loaded before Node has looked at them. */
const MANY = 300;

/** Nanoseconds: twice the longest tick of the clock of file systems that have nanoseconds (see `hasTruthfulTimes`). */
const TICK = 20_000_000n;

/** Names in a directory; an empty one is the path itself, which may be a symlink to what is meant. */
export type Group = readonly [path: string, ...names: string[]];

/** Files as they were when somebody looked at them, and whether they still are: the same file with the same times, or none as before. */
export class Looks {
  /** In milliseconds since 1970: nothing was looked at before. */
  readonly #since = Date.now();
  readonly #groups: Group[];
  /** A row (`ROW`) for each name; of zeros where there was no file. */
  #rows: Uint32Array;
  #count: number;

  constructor(groups: readonly Group[] = [], rows: Uint32Array = new Uint32Array(ROW.length * 16)) {
    this.#groups = [...groups];
    this.#rows = rows;
    this.#count = groups.reduce((sum, group) => sum + group.length - 1, 0);
  }

  /** At paths as they are now. */
  static of(paths: readonly string[]): Looks {
    const looks = new Looks();
    for (const path of paths) looks.at(path);
    return looks;
  }

  /** Whether there is a row for each name. */
  get isWhole(): boolean {
    return this.#rows.length >= this.#count * ROW.length;
  }

  get size(): number {
    return this.#count;
  }
  get groups(): readonly Group[] {
    return this.#groups;
  }
  get rows(): Uint32Array {
    return this.#rows.subarray(0, this.#count * ROW.length);
  }

  /** Looks at a path now; whether something is there. Of a file its directory is of no interest. */
  at(path: string): boolean {
    const row = new Uint32Array(ROW.length);
    const isThere = lookAtAlone(pathOf(path), row, 0, { follow: true });
    this.#groups.push([path, '']);
    this.#add(row);
    return isThere;
  }

  /** Adds what a tree has looked at. */
  addTree(tree: DirectoryTree): void {
    for (const { directory, files } of tree.looked()) {
      const { rows } = files;
      if (rows !== undefined && rows.length > 0) {
        this.#groups.push([directory, ...files.names]);
        this.#addRows(rows);
        continue;
      }
      const names: string[] = [];
      for (const { name, row } of files.looked()) {
        names.push(name);
        this.#add(row);
      }
      if (names.length > 0) this.#groups.push([directory, ...names]);
    }
  }

  addAll(others: Looks): void {
    for (const group of others.#groups) this.#groups.push(group);
    this.#addRows(others.rows);
  }

  /** The same in another order: what was changed last is what is most likely to be changed next. */
  newestFirst(): Looks {
    let at = 0;
    const parts = this.#groups.map((group) => {
      const start = at;
      at += (group.length - 1) * ROW.length;
      const rows = this.#rows.subarray(start, at);
      let newest = 0;
      for (let row = 0; row < rows.length; row += ROW.length) newest = Math.max(newest, secondsAt(rows, row + ROW.ctime));
      return { group, rows, newest };
    });
    const looks = new Looks([], new Uint32Array(this.#count * ROW.length));
    for (const { group, rows } of parts.sort((a, b) => b.newest - a.newest)) {
      looks.#groups.push(group);
      looks.#addRows(rows);
    }
    return looks;
  }

  /** Whether whatever was found below one of these directories is on its file system, and none of another one is mounted there. */
  areOnOneDevice(roots: readonly string[]): boolean {
    const devices = new Map<string, readonly [number, number]>();
    let at = 0;
    for (const [path, ...names] of this.#groups) {
      const root = roots.find((one) => path === one || path.startsWith(`${one}/`));
      for (let end = at + names.length * ROW.length; at < end; at += ROW.length) {
        if (root === undefined || this.#rows[at + ROW.links] === 0) continue;
        const [low, high] = [this.#rows[at + ROW.dev] ?? 0, this.#rows[at + ROW.dev + 1] ?? 0];
        const first = devices.get(root);
        if (first === undefined) devices.set(root, [low, high]);
        else if (first[0] !== low || first[1] !== high) return false;
      }
    }
    return true;
  }

  /** Whether any change after the first look would show. */
  areSettled(): boolean {
    const moment = momentOf(BigInt(this.#since) * 1_000_000n);
    return this.#every((at) => isRowSettled(this.#rows, at, moment, TICK));
  }

  /** Whether all changed before a moment of the clock that files get their times from, in nanoseconds since 1970. */
  areBefore(moment: bigint): boolean {
    return this.#every((at) => nsOf(secondsAt(this.#rows, at + ROW.ctime), this.#rows[at + ROW.ctimeNs] ?? 0) < moment);
  }

  #every(is: (at: number) => boolean): boolean {
    for (let at = 0; at < this.#count * ROW.length; at += ROW.length) if (!is(at)) return false;
    return true;
  }

  /** Whether all is as it was; what is wrong with a path is thrown. Nothing is read, and no object made for a file. */
  hold({ mayBeGone = false } = {}): boolean {
    const look = this.#count > MANY ? lookAt : lookAtAlone;
    const now = new Uint32Array(ROW.length);
    let at = 0;
    for (const group of this.#groups) {
      const [path] = group;
      for (let i = 1; i < group.length; i++) {
        const name = group[i];
        now.fill(0);
        const isThere = look(pathOf(name === '' ? path : `${path}/${name}`), now, 0, { follow: name === '' });
        if (isThere || !mayBeGone) for (let word = 0; word < ROW.length; word++) if (now[word] !== this.#rows[at + word]) return false;
        at += ROW.length;
      }
    }
    return true;
  }

  #add(row: Uint32Array = NO_FILE): void {
    this.#addRows(row);
  }

  #addRows(rows: Uint32Array): void {
    const at = this.#count * ROW.length;
    this.#count += rows.length / ROW.length;
    if (at + rows.length > this.#rows.length) {
      const larger = new Uint32Array(Math.max(this.#rows.length * 2, at + rows.length));
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows.set(rows, at);
  }
}

const NO_FILE = new Uint32Array(ROW.length);
