import { longAt, lookAt, ROW, secondsAt } from '../system/index.ts';
import type { FileStamp, NodeEntry, Timestamp } from './entry.ts';
import { isRowSettled, type Moment, stampAt } from './file-stamp.ts';
import { type HostStats, isDirectoryMode } from './host-entry.ts';
import { pathOf } from './names.ts';
import { compareNames } from './order.ts';

const MISSING = 1;
const FOUND = 2;
/** Without extended attributes, as far as was asked. */
const PLAIN = 4;

/** Rows that are allocated at a time: few at first, since many trees are small. */
const PIECE = { least: 32, most: 4096 };

/** Memory for the rows of a tree. A piece of its own for each directory would take as much again as most directories' rows. */
export class SeenRows {
  #pieceWords = new Uint32Array(0);
  #pieceStates = new Uint8Array(0);
  #used = 0;

  /** Rows that come one behind the other, as yet all zeros. */
  take(count: number): { readonly words: Uint32Array; readonly states: Uint8Array; readonly start: number } {
    if (this.#used + count > this.#pieceStates.length) this.#allocate(count);
    const start = this.#used;
    this.#used += count;
    return { words: this.#pieceWords, states: this.#pieceStates, start };
  }

  #allocate(count: number): void {
    const room = Math.max(count, Math.min(Math.max(this.#pieceStates.length * 2, PIECE.least), PIECE.most));
    this.#pieceWords = new Uint32Array(room * ROW.length);
    this.#pieceStates = new Uint8Array(room);
    this.#used = 0;
  }
}

/**
 * Files with some names in one directory, as they were when they were first looked at: a row of numbers for each, since trees are large and
 * an object for each file takes ten times as much.
 */
export class SeenFiles {
  readonly names: readonly string[];
  readonly #pieceWords: Uint32Array;
  readonly #pieceStates: Uint8Array;
  /** Of its rows among those of the piece of memory. */
  readonly #start: number;
  /** Those that are not made anew when they are wanted, by their place. */
  #entries: Map<number, NodeEntry> | undefined;
  #last = -1;

  /** @param names sorted by bytes */
  constructor(names: readonly string[], rows: SeenRows) {
    this.names = names;
    const { words, states, start } = rows.take(names.length);
    this.#pieceWords = words;
    this.#pieceStates = states;
    this.#start = start;
  }

  /** The place of a name, or -1. Names are mostly asked for one after the other. */
  placeOf(name: string): number {
    for (const near of [this.#last + 1, this.#last - 1, this.#last]) {
      if (this.names[near] !== name) continue;
      this.#last = near;
      return near;
    }
    return this.#search(name);
  }

  #search(name: string): number {
    let low = 0;
    for (let high = this.names.length - 1; low <= high; ) {
      const middle = (low + high) >> 1;
      const order = compareNames(this.names[middle] ?? '', name);
      if (order === 0) this.#last = middle;
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Looks, unless somebody did; `false`: there is no such file. The root itself may be given by a symlink. */
  look(place: number, hostOf: () => string, options?: { readonly follow: boolean }): boolean {
    const row = this.#start + place;
    if (this.#pieceStates[row] === 0)
      this.#pieceStates[row] = lookAt(pathOf(hostOf()), this.#pieceWords, row * ROW.length, options) ? FOUND : MISSING;
    return this.#is(place, FOUND);
  }

  /** The rows of all, if somebody looked at all of them; of zeros where there was no such file. */
  get rows(): Uint32Array | undefined {
    const [start, end] = [this.#start, this.#start + this.names.length];
    for (let row = start; row < end; row++) if (this.#pieceStates[row] === 0) return undefined;
    return this.#pieceWords.subarray(start * ROW.length, end * ROW.length);
  }

  /** Each that somebody looked at, with its row (`ROW`), or without one where there was no such file. */
  *looked(): Generator<{ readonly name: string; readonly row: Uint32Array | undefined }, void, undefined> {
    for (const [place, name] of this.names.entries()) {
      const row = this.#start + place;
      if (this.#pieceStates[row] === 0) continue;
      yield { name, row: this.#is(place, FOUND) ? this.#pieceWords.subarray(row * ROW.length, (row + 1) * ROW.length) : undefined };
    }
  }

  /** What was seen there alone counts here, too. */
  adopt(place: number, other: SeenFiles): void {
    const row = this.#start + place;
    this.#pieceWords.set(other.#pieceWords.subarray(other.#start * ROW.length, (other.#start + 1) * ROW.length), row * ROW.length);
    this.#pieceStates[row] = other.#pieceStates[other.#start] ?? 0;
    const entry = other.entry(0);
    if (entry !== undefined) this.keep(place, entry);
  }

  isPlain(place: number): boolean {
    return this.#is(place, PLAIN);
  }
  setPlain(place: number): void {
    const row = this.#start + place;
    this.#pieceStates[row] = (this.#pieceStates[row] ?? 0) | PLAIN;
  }

  entry(place: number): NodeEntry | undefined {
    return this.#entries?.get(place);
  }
  keep(place: number, entry: NodeEntry): void {
    this.#entries ??= new Map();
    this.#entries.set(place, entry);
  }

  isDirectory(place: number): boolean {
    return isDirectoryMode(this.mode(place));
  }

  /** Has other names, too. A directory has as many links as there are directories in it. */
  isLinked(place: number): boolean {
    return this.#word(place, ROW.links) > 1 && !this.isDirectory(place);
  }

  mode(place: number): number {
    return this.#word(place, ROW.mode);
  }
  ino(place: number): number {
    return this.#long(place, ROW.ino);
  }
  dev(place: number): number {
    return this.#long(place, ROW.dev);
  }

  stats(place: number): HostStats {
    return {
      mode: this.mode(place),
      uid: this.#word(place, ROW.uid),
      gid: this.#word(place, ROW.gid),
      size: this.#long(place, ROW.size),
      rdev: this.#long(place, ROW.rdev),
      mtime: this.#time(place, ROW.mtime, ROW.mtimeNs),
    };
  }

  stamp(place: number): FileStamp {
    return stampAt(this.#pieceWords, (this.#start + place) * ROW.length);
  }

  isSettled(place: number, since: Moment): boolean {
    return isRowSettled(this.#pieceWords, (this.#start + place) * ROW.length, since);
  }

  /** All that was seen of one, or of all. Every change of a file, of its attributes and extended attributes sets its ctime. */
  bytes(place?: number): Uint8Array {
    const [first, count] = place === undefined ? [this.#start, this.names.length] : [this.#start + place, 1];
    return new Uint8Array(this.#pieceWords.buffer, first * ROW.length * 4, count * ROW.length * 4);
  }

  #is(place: number, state: number): boolean {
    return ((this.#pieceStates[this.#start + place] ?? 0) & state) !== 0;
  }
  #time(place: number, seconds: number, nanoseconds: number): Timestamp {
    return { seconds: this.#seconds(place, seconds), nanoseconds: this.#word(place, nanoseconds) };
  }
  #seconds(place: number, of: number): number {
    return secondsAt(this.#pieceWords, (this.#start + place) * ROW.length + of);
  }
  #long(place: number, of: number): number {
    return longAt(this.#pieceWords, (this.#start + place) * ROW.length + of);
  }
  #word(place: number, of: number): number {
    return this.#pieceWords[(this.#start + place) * ROW.length + of] ?? 0;
  }
}
