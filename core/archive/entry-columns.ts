import type { Attributes, Entry, NodeEntry } from './entry.ts';

/** Types by their number. The order is part of what is stored. */
const TYPES = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'char',
  'block',
  'fifo',
  'whiteout',
  'opaque',
] as const satisfies readonly Entry['type'][];
const NUMBERS: ReadonlyMap<Entry['type'], number> = new Map(TYPES.map((type, number) => [type, number]));
const FIRST_ROOM = 64;
/** Where a file has no offset. */
export const NO_OFFSET = -1;

/** Mode, owner and extended attributes, each combination once: of many files few differ. */
export type SharedAttributes = readonly [mode: number, uid: number, gid: number, xattrs?: Readonly<Record<string, string>>];

/** What entries are besides their paths, in columns of numbers. */
export interface ColumnParts {
  readonly length: number;
  readonly types: Uint8Array;
  /** Numbers of shared attributes. */
  readonly attributes: Uint32Array;
  readonly seconds: Float64Array;
  readonly nanoseconds: Uint32Array;
  readonly sizes: Float64Array;
  readonly offsets: Float64Array;
  readonly shared: readonly SharedAttributes[];
  /** Of links, by row. */
  readonly targets: ReadonlyMap<number, string>;
  /** Of devices, by row: major and minor number. */
  readonly devices: ReadonlyMap<number, readonly [number, number]>;
}

/** Entries without their paths, of which each takes some thirty bytes instead of a few hundred. */
export class EntryColumns implements ColumnParts {
  length = 0;
  types = new Uint8Array(FIRST_ROOM);
  attributes = new Uint32Array(FIRST_ROOM);
  seconds = new Float64Array(FIRST_ROOM);
  nanoseconds = new Uint32Array(FIRST_ROOM);
  sizes = new Float64Array(FIRST_ROOM);
  offsets = new Float64Array(FIRST_ROOM);
  readonly shared: SharedAttributes[] = [];
  readonly targets = new Map<number, string>();
  readonly devices = new Map<number, readonly [number, number]>();
  readonly #numbers = new Map<string, number>();

  /** Returns the number of the row. */
  add(entry: Entry): number {
    const row = this.length++;
    if (row === this.types.length) this.#resize(row * 2);
    this.types[row] = NUMBERS.get(entry.type) ?? 0;
    if (entry.type === 'symlink' || entry.type === 'hardlink') this.targets.set(row, entry.target);
    if (entry.type === 'char' || entry.type === 'block') this.devices.set(row, [entry.major, entry.minor]);
    if (entry.type === 'file') {
      this.sizes[row] = entry.size;
      this.offsets[row] = entry.offset ?? NO_OFFSET;
    }
    if (!('mode' in entry)) return row;
    this.attributes[row] = this.#numberOf(entry);
    this.seconds[row] = entry.mtime.seconds;
    this.nanoseconds[row] = entry.mtime.nanoseconds;
    return row;
  }

  entry(row: number, path: string): Entry {
    return entryAt(this, row, path);
  }

  /** The columns, no longer than they must be: nothing can be added any more. */
  finish(): ColumnParts {
    this.#resize(this.length);
    const { length, types, attributes, seconds, nanoseconds, sizes, offsets, shared, targets, devices } = this;
    return { length, types, attributes, seconds, nanoseconds, sizes, offsets, shared, targets, devices };
  }

  /** Frees their memory, for which no garbage collection need come: nothing is here any more. */
  release(): void {
    this.length = 0;
    this.#resize(0);
  }

  #numberOf({ mode, uid, gid, xattrs }: NodeEntry): number {
    const key = `${mode} ${uid} ${gid} ${xattrs === undefined ? '' : JSON.stringify(xattrs)}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.shared.length);
    this.shared.push(xattrs === undefined ? [mode, uid, gid] : [mode, uid, gid, xattrs]);
    return this.shared.length - 1;
  }

  #resize(room: number): void {
    this.types = new Uint8Array(resized(this.types, room));
    this.attributes = new Uint32Array(resized(this.attributes, room));
    this.seconds = new Float64Array(resized(this.seconds, room));
    this.nanoseconds = new Uint32Array(resized(this.nanoseconds, room));
    this.sizes = new Float64Array(resized(this.sizes, room));
    this.offsets = new Float64Array(resized(this.offsets, room));
  }
}

/** The memory of numbers that are to be more or fewer: moved, so that no copy waits for a garbage collection. The numbers are gone afterwards. */
export const resized = (
  { buffer, BYTES_PER_ELEMENT }: { readonly buffer: ArrayBuffer; readonly BYTES_PER_ELEMENT: number },
  length: number,
): ArrayBuffer => buffer.transfer(length * BYTES_PER_ELEMENT);

export const typeAt = ({ types }: ColumnParts, row: number): Entry['type'] => TYPES[types[row] ?? 0] ?? 'file';

/** The entry of a row. */
export function entryAt(parts: ColumnParts, row: number, path: string): Entry {
  const type = typeAt(parts, row);
  switch (type) {
    case 'file':
      return fileAt(parts, row, path);
    case 'directory':
    case 'fifo':
      return { type, path, ...attributesAt(parts, row) };
    case 'symlink':
      return { type, path, ...attributesAt(parts, row), target: parts.targets.get(row) ?? '' };
    case 'hardlink':
      return { type, path, target: parts.targets.get(row) ?? '' };
    case 'char':
    case 'block': {
      const [major = 0, minor = 0] = parts.devices.get(row) ?? [];
      return { type, path, ...attributesAt(parts, row), major, minor };
    }
    case 'whiteout':
    case 'opaque':
      return { type, path };
    default:
      return type satisfies never;
  }
}

/** Nearly every entry is one: members always in the same order. */
function fileAt(parts: ColumnParts, row: number, path: string): Entry {
  const { mode, uid, gid, mtime, xattrs } = attributesAt(parts, row);
  const size = parts.sizes[row] ?? 0;
  const offset = parts.offsets[row] ?? NO_OFFSET;
  if (xattrs === undefined && offset >= 0) return { type: 'file', path, mode, uid, gid, mtime, size, offset };
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
}

function attributesAt({ attributes, shared, seconds, nanoseconds }: ColumnParts, row: number): Attributes {
  const [mode, uid, gid, xattrs] = shared[attributes[row] ?? 0] ?? [0, 0, 0];
  const mtime = { seconds: seconds[row] ?? 0, nanoseconds: nanoseconds[row] ?? 0 };
  return xattrs === undefined ? { mode, uid, gid, mtime } : { mode, uid, gid, mtime, xattrs };
}
