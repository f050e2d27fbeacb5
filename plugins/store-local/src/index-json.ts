import type { Entry, FileEntry, LayerIndex } from '@varve/core/archive';

/**
 * An index as it was written before (`index-format.ts`): JSON in columns, one array for each member of the entries. Everything outside ASCII is
 * escaped.
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

/** `undefined` for text that is no index, or not to its end. */
export function decodeJsonIndex(text: string): LayerIndex | undefined {
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
