import { longAt, lookAt, ROW, secondsAt } from '../system/index.ts';
import type { FileStamp, NodeEntry, Timestamp } from './entry.ts';
import { isSettled, nsOf } from './file-stamp.ts';
import { type HostStats, isDirectoryMode } from './host-entry.ts';
import { pathOf } from './names.ts';
import { compareNames } from './order.ts';

const MISSING = 1;
const FOUND = 2;
/** Without extended attributes, as far as was asked. */
const PLAIN = 4;
/** Words above the lower 53 bits: two files could have the same number once it is rounded. */
const EXACT_HIGH = 2 ** 21;
/** Seconds after which no clock is too coarse for a change to show. */
const LONG_AGO = 3;

/**
 * Files with some names in one directory, as they were when they were first looked at: a row of numbers for each, since trees are large and
 * an object for each file takes ten times as much.
 */
export class SeenFiles {
  readonly names: readonly string[];
  readonly #words: Uint32Array;
  readonly #states: Uint8Array;
  /** Those that are not made anew when they are wanted, by their place. */
  #entries: Map<number, NodeEntry> | undefined;
  #last = -1;

  /** @param names sorted by bytes */
  constructor(names: readonly string[]) {
    this.names = names;
    this.#words = new Uint32Array(names.length * ROW.length);
    this.#states = new Uint8Array(names.length);
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
    if (this.#states[place] === 0)
      this.#states[place] = lookAt(pathOf(hostOf()), this.#words, place * ROW.length, options) ? FOUND : MISSING;
    return this.#is(place, FOUND);
  }

  /** What was seen there alone counts here, too. */
  adopt(place: number, other: SeenFiles): void {
    this.#words.set(other.#words, place * ROW.length);
    this.#states[place] = other.#states[0] ?? 0;
    const entry = other.entry(0);
    if (entry !== undefined) this.keep(place, entry);
  }

  isPlain(place: number): boolean {
    return this.#is(place, PLAIN);
  }
  setPlain(place: number): void {
    this.#states[place] = (this.#states[place] ?? 0) | PLAIN;
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
    return {
      dev: this.dev(place),
      ino: this.ino(place),
      size: this.#long(place, ROW.size),
      mtimeNs: nsOf(this.#seconds(place, ROW.mtime), this.#word(place, ROW.mtimeNs)),
      ctimeNs: nsOf(this.#seconds(place, ROW.ctime), this.#word(place, ROW.ctimeNs)),
    };
  }

  /** As `isSettled` of the stamp, which is made only where it is close. @param since in nanoseconds, and in seconds */
  isSettled(place: number, since: { readonly ns: bigint; readonly seconds: number }): boolean {
    if (this.#word(place, ROW.ino + 1) >= EXACT_HIGH || this.#word(place, ROW.dev + 1) >= EXACT_HIGH) return false;
    const limit = since.seconds - LONG_AGO;
    return (this.#seconds(place, ROW.ctime) < limit && this.#seconds(place, ROW.mtime) < limit) || isSettled(this.stamp(place), since.ns);
  }

  /** All that was seen of one, or of all. Every change of a file, of its attributes and extended attributes sets its ctime. */
  bytes(place?: number): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.#words;
    if (place === undefined) return new Uint8Array(buffer, byteOffset, byteLength);
    return new Uint8Array(buffer, byteOffset + place * ROW.length * 4, ROW.length * 4);
  }

  #is(place: number, state: number): boolean {
    return ((this.#states[place] ?? 0) & state) !== 0;
  }
  #time(place: number, seconds: number, nanoseconds: number): Timestamp {
    return { seconds: this.#seconds(place, seconds), nanoseconds: this.#word(place, nanoseconds) };
  }
  #seconds(place: number, of: number): number {
    return secondsAt(this.#words, place * ROW.length + of);
  }
  #long(place: number, of: number): number {
    return longAt(this.#words, place * ROW.length + of);
  }
  #word(place: number, of: number): number {
    return this.#words[place * ROW.length + of] ?? 0;
  }
}
