import type { Entry, FileEntry, LayerIndex, NodeEntry } from '@varve/core/archive';

/**
 * A layer's index as text: JSON in columns, one array for each member of the entries. Of 100,000 entries it takes a fourth of the time of
 * JSON objects to read (22 ms instead of 77) and half the bytes, and is still text. Everything outside ASCII is escaped: what is read
 * as latin1 needs no decoding.
 */
interface Columns {
  readonly format: 1;
  readonly paths: readonly string[];
  /** One letter for each entry. */
  readonly types: string;
  /** `[mode, uid, gid, xattrs]`, each once. */
  readonly attributes: readonly (readonly [number, number, number, Readonly<Record<string, string>>?])[];
  /** Of the entries that have attributes: which, and their mtime. */
  readonly attribute: readonly number[];
  readonly seconds: readonly number[];
  readonly nanoseconds: readonly number[];
  /** Of the files; offset -1 where there is none. */
  readonly sizes: readonly number[];
  readonly offsets: readonly number[];
  /** Of the links. */
  readonly targets: readonly string[];
  /** Of the devices: major, minor. */
  readonly devices: readonly number[];
}

const LETTERS = {
  file: 'f',
  directory: 'd',
  symlink: 's',
  hardlink: 'h',
  char: 'c',
  block: 'b',
  fifo: 'p',
  whiteout: 'w',
  opaque: 'o',
} as const satisfies Record<Entry['type'], string>;

export function encodeIndex(index: LayerIndex): string {
  const attributes = new AttributeTable();
  const columns = {
    format: 1 as const,
    paths: index.map((entry) => entry.path),
    types: index.map((entry) => LETTERS[entry.type]).join(''),
    attributes: attributes.rows,
    attribute: [] as number[],
    seconds: [] as number[],
    nanoseconds: [] as number[],
    sizes: [] as number[],
    offsets: [] as number[],
    targets: [] as string[],
    devices: [] as number[],
  };
  for (const entry of index) {
    if (entry.type === 'symlink' || entry.type === 'hardlink') columns.targets.push(entry.target);
    if (entry.type === 'hardlink' || entry.type === 'whiteout' || entry.type === 'opaque') continue;
    columns.attribute.push(attributes.numberOf(entry));
    columns.seconds.push(entry.mtime.seconds);
    columns.nanoseconds.push(entry.mtime.nanoseconds);
    if (entry.type === 'char' || entry.type === 'block') columns.devices.push(entry.major, entry.minor);
    if (entry.type !== 'file') continue;
    columns.sizes.push(entry.size);
    columns.offsets.push(entry.offset ?? -1);
  }
  return escapeNonAscii(JSON.stringify(columns satisfies Columns));
}

class AttributeTable {
  readonly rows: [number, number, number, Readonly<Record<string, string>>?][] = [];
  readonly #numbers = new Map<string, number>();

  numberOf({ mode, uid, gid, xattrs }: NodeEntry): number {
    const key = `${mode} ${uid} ${gid} ${xattrs === undefined ? '' : JSON.stringify(xattrs)}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.rows.length);
    this.rows.push(xattrs === undefined ? [mode, uid, gid] : [mode, uid, gid, xattrs]);
    return this.rows.length - 1;
  }
}

const escapeNonAscii = (text: string): string =>
  text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** `undefined` for text that `encodeIndex` did not write, or not to its end. */
export function decodeIndex(text: string): LayerIndex | undefined {
  try {
    const columns = JSON.parse(text) as Columns;
    return columns.format === 1 && columns.types.length === columns.paths.length ? new Decoder(columns).entries() : undefined;
  } catch {
    return undefined; // the index is made anew
  }
}

class Decoder {
  readonly #columns: Columns;
  #node = 0;
  #file = 0;
  #link = 0;
  #device = 0;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  entries(): LayerIndex {
    const { paths, types } = this.#columns;
    return paths.map((path, i) => this.#entry(path, types.charAt(i)));
  }

  #entry(path: string, letter: string): Entry {
    switch (letter) {
      case LETTERS.file:
        return this.#fileEntry(path);
      case LETTERS.directory:
        return { type: 'directory', path, ...this.#attributes() };
      case LETTERS.symlink:
        return { type: 'symlink', path, ...this.#attributes(), target: this.#target() };
      case LETTERS.hardlink:
        return { type: 'hardlink', path, target: this.#target() };
      case LETTERS.char:
        return { type: 'char', path, ...this.#attributes(), ...this.#deviceNumbers() };
      case LETTERS.block:
        return { type: 'block', path, ...this.#attributes(), ...this.#deviceNumbers() };
      case LETTERS.fifo:
        return { type: 'fifo', path, ...this.#attributes() };
      case LETTERS.whiteout:
        return { type: 'whiteout', path };
      case LETTERS.opaque:
        return { type: 'opaque', path };
      default:
        throw new TypeError(`No entry type has the letter ${letter}`);
    }
  }

  /** Nearly every entry is one: no object on the way, and members always in the same order. */
  #fileEntry(path: string): FileEntry {
    const { mode, uid, gid, mtime, xattrs } = this.#attributes();
    const size = at(this.#columns.sizes, this.#file);
    const offset = at(this.#columns.offsets, this.#file++);
    if (xattrs !== undefined || offset < 0)
      return {
        type: 'file',
        path,
        mode,
        uid,
        gid,
        mtime,
        size,
        ...(xattrs !== undefined && { xattrs }),
        ...(offset >= 0 && { offset }),
      };
    return { type: 'file', path, mode, uid, gid, mtime, size, offset };
  }

  #attributes() {
    const { attributes, attribute, seconds, nanoseconds } = this.#columns;
    const [mode, uid, gid, xattrs] = at(attributes, at(attribute, this.#node));
    const mtime = { seconds: at(seconds, this.#node), nanoseconds: at(nanoseconds, this.#node) };
    this.#node++;
    return xattrs === undefined ? { mode, uid, gid, mtime } : { mode, uid, gid, mtime, xattrs };
  }

  #target(): string {
    return at(this.#columns.targets, this.#link++);
  }

  #deviceNumbers() {
    const { devices } = this.#columns;
    const numbers = { major: at(devices, this.#device), minor: at(devices, this.#device + 1) };
    this.#device += 2;
    return numbers;
  }
}

function at<T>(column: readonly T[], i: number): T {
  const value = column[i];
  if (value === undefined) throw new TypeError('A column of the index is too short');
  return value;
}
