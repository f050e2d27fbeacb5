import type { Timestamp } from './entry.ts';
import { decodeLatin1Name } from './names.ts';
import { parsePaxTime, xattrOfPaxKey } from './pax.ts';
import { badTarPath, invalidTar, sparseTar } from './tar-errors.ts';
import type { RawHeader } from './tar-fields.ts';
import { archivePath } from './tar-path.ts';

/** What one member of a tar says about itself, PAX and GNU extensions applied. */
export interface TarHeader {
  /** The name as an entry path: no leading `./` or `/`, no trailing slash. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of the body; 0 for everything but files. */
  readonly size: number;
  readonly mtime: Timestamp;
  /** A symlink's text as it is, a hard link's as an entry path; else empty. */
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  /** Values as latin1 strings. */
  readonly xattrs: Readonly<Record<string, string>>;
  /** Where the body starts in the tar. */
  readonly offset: number;
}

/** Bounds for hostile tars. */
export interface TarLimits {
  /** Members of the tar; default 5,000,000. */
  readonly entries?: number;
  /** Bytes of all bodies together; default unlimited, as a consumer sees the bytes pass. */
  readonly unpackedSize?: number;
}

/** Extended records by key; values are byte strings. */
export type PaxRecords = ReadonlyMap<string, string>;

const TYPES: Readonly<Record<string, TarHeader['type']>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file', // contiguous
  D: 'directory', // GNU, with a list of names as its body
};
const MAX_ID = 2 ** 32 - 2;
const NO_XATTRS: Readonly<Record<string, string>> = Object.freeze({});

export interface HeaderPlace {
  readonly offset: number;
  readonly pax: PaxRecords;
}

/** @throws VarveError `TAR_INVALID`, `TAR_SPARSE`, `TAR_PATH` */
export function composeHeader(raw: RawHeader, { offset, pax }: HeaderPlace): TarHeader {
  const name = decodeLatin1Name(pax.get('path') ?? raw.name);
  if (raw.type === 'S' || isSparse(pax)) throw sparseTar(name);
  const type = raw.type === '0' && name.endsWith('/') ? 'directory' : TYPES[raw.type];
  if (type === undefined) throw invalidTar(`a member of unknown type ${JSON.stringify(raw.type)}`, offset);
  const path = archivePath(name);
  if (path === '' && type !== 'directory') throw badTarPath(name, 'is empty');
  const id = (key: 'uid' | 'gid'): number => inRange(integer(pax, key, raw[key]), { max: MAX_ID, what: key, offset });
  return {
    path,
    type,
    mode: raw.mode & 0o7777,
    uid: id('uid'),
    gid: id('gid'),
    size: type === 'file' ? bodySize(raw, { offset, pax }) : 0,
    mtime: mtimeOf(raw, { offset, pax }),
    target: targetOf(type, { text: decodeLatin1Name(pax.get('linkpath') ?? raw.target), path, offset }),
    major: raw.major,
    minor: raw.minor,
    xattrs: xattrsOf(pax),
    offset,
  };
}

/** Bytes of the body, in a file's case or whatever the member is. */
export const bodySize = (raw: RawHeader, { offset, pax }: HeaderPlace): number =>
  inRange(integer(pax, 'size', raw.size), { max: Number.MAX_SAFE_INTEGER - 2 ** 40, what: 'size', offset });

/** Only these have a body, whatever their header's size says (POSIX pax, typeflag). */
export const hasBody = (type: string): boolean => !/^[1-6]$/.test(type);

function isSparse(pax: PaxRecords): boolean {
  for (const key of pax.keys()) if (key.startsWith('GNU.sparse.')) return true;
  return false;
}

function integer(pax: PaxRecords, key: string, otherwise: number): number {
  const text = pax.get(key);
  if (text === undefined) return otherwise;
  return /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
}

function inRange(value: number, { max, what, offset }: { max: number; what: string; offset: number }): number {
  if (value >= 0 && value <= max) return value;
  throw invalidTar(`a ${what} out of range`, offset);
}

function mtimeOf(raw: RawHeader, { offset, pax }: HeaderPlace): Timestamp {
  const text = pax.get('mtime');
  if (text === undefined) return { seconds: raw.seconds, nanoseconds: 0 };
  const time = parsePaxTime(text);
  if (time === undefined) throw invalidTar('an mtime that is no number', offset);
  return time;
}

function targetOf(type: TarHeader['type'], { text, path, offset }: { text: string; path: string; offset: number }): string {
  if (type === 'hardlink') return archivePath(text);
  if (type !== 'symlink') return '';
  if (text === '') throw invalidTar(`a symlink "${path}" to nothing`, offset);
  if (text.includes('\0') || text.length > 4096) throw badTarPath(text, 'no symlink can hold');
  return text;
}

function xattrsOf(pax: PaxRecords): Readonly<Record<string, string>> {
  if (pax.size === 0) return NO_XATTRS;
  const xattrs: Record<string, string> = Object.create(null);
  for (const [key, value] of pax) {
    const name = xattrOfPaxKey(key);
    if (name !== undefined) xattrs[name] = value;
  }
  return xattrs;
}
