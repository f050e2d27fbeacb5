import { VarveError } from '../src/errors.ts';
import type { Attributes, Entry } from './entry.ts';
import { encodeName } from './names.ts';
import { baseName, childPath, parentOf } from './paths.ts';
import { formatPaxTime, paxRecord, paxXattrKey } from './pax.ts';
import { BLOCK, blocksOf, encodeHeader, type HeaderFields, MAX_OCTAL_7, MAX_OCTAL_11, splitName } from './ustar.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const NOTHING: Attributes = { mode: 0, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 } };
const TYPE_FLAGS = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
  whiteout: '0',
  opaque: '0',
} as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of all ASCII characters
const ASCII = /^[\x00-\x7f]*$/;

/**
 * The blocks before an entry's content: a ustar header, and before that an extended one for what ustar cannot say. `attributes` are the
 * target's for a hard link.
 */
export function encodeMember(entry: Entry, attributes: Attributes = attributesOf(entry)): Buffer {
  const { name, target, size } = said(entry);
  const records = paxRecords({ name, target, size, attributes });
  const fields: HeaderFields = {
    name,
    target,
    size,
    type: TYPE_FLAGS[entry.type],
    mode: attributes.mode,
    uid: attributes.uid,
    gid: attributes.gid,
    seconds: attributes.mtime.seconds,
    major: 'major' in entry ? entry.major : 0,
    minor: 'minor' in entry ? entry.minor : 0,
  };
  if (records === '') return encodeHeader(Buffer.allocUnsafe(BLOCK), 0, fields);
  return withExtendedHeader(records, fields);
}

/** How long these blocks are. */
export function memberSize(entry: Entry, attributes: Attributes = attributesOf(entry)): number {
  const records = paxRecords({ ...said(entry), attributes });
  return records === '' ? BLOCK : BLOCK + blocksOf(records.length) + BLOCK;
}

const said = (entry: Entry): Omit<Said, 'attributes'> => ({
  name: memberName(entry),
  target: entry.type === 'symlink' || entry.type === 'hardlink' ? bytesOf(entry.target) : '',
  size: entry.type === 'file' ? entry.size : 0,
});

function withExtendedHeader(records: string, fields: HeaderFields): Buffer {
  const body = blocksOf(records.length);
  const bytes = Buffer.allocUnsafe(BLOCK + body + BLOCK);
  encodeHeader(bytes, 0, { ...PAX_HEADER, size: records.length });
  bytes.write(records, BLOCK, 'latin1');
  bytes.fill(0, BLOCK + records.length, BLOCK + body);
  encodeHeader(bytes, BLOCK + body, fields);
  return bytes;
}

const PAX_HEADER: Omit<HeaderFields, 'size'> = {
  name: 'PaxHeaders/entry',
  target: '',
  type: 'x',
  mode: 0o644,
  uid: 0,
  gid: 0,
  seconds: 0,
  major: 0,
  minor: 0,
};

interface Said {
  readonly name: string;
  readonly target: string;
  readonly size: number;
  readonly attributes: Attributes;
}

/** Sorted by key, so that equal entries give equal bytes. */
function paxRecords({ name, target, size, attributes }: Said): string {
  const { uid, gid, mtime, xattrs } = attributes;
  let records = xattrs === undefined ? '' : xattrRecords(xattrs);
  if (gid > MAX_OCTAL_7) records += paxRecord('gid', String(gid));
  if (target.length > 100) records += paxRecord('linkpath', target);
  if (mtime.nanoseconds !== 0 || mtime.seconds < 0 || mtime.seconds > MAX_OCTAL_11) {
    records += paxRecord('mtime', formatPaxTime(mtime));
  }
  if (name.length > 100 && splitName(name) === undefined) records += paxRecord('path', name);
  if (size > MAX_OCTAL_11) records += paxRecord('size', String(size));
  if (uid > MAX_OCTAL_7) records += paxRecord('uid', String(uid));
  return records;
}

function xattrRecords(xattrs: Readonly<Record<string, string>>): string {
  let records = '';
  for (const name of Object.keys(xattrs).sort()) records += paxRecord(paxXattrKey(name), xattrs[name] ?? '');
  return records;
}

const attributesOf = (entry: Entry): Attributes => ('mode' in entry ? entry : NOTHING);

function memberName(entry: Entry): string {
  const { path, type } = entry;
  if (path.includes(WHITEOUT) && (path.startsWith(WHITEOUT) || path.includes(`/${WHITEOUT}`))) throw reserved(path);
  if (type === 'whiteout') return bytesOf(childPath(parentOf(path), WHITEOUT + baseName(path)));
  if (type === 'opaque') return bytesOf(childPath(path, OPAQUE));
  if (type === 'directory') return path === '' ? './' : `${bytesOf(path)}/`;
  return bytesOf(path);
}

/** A name as a byte string. */
const bytesOf = (name: string): string => (ASCII.test(name) ? name : encodeName(name).toString('latin1'));

const reserved = (path: string): VarveError =>
  new VarveError('LAYER_WHITEOUT_NAME', `"${path}" cannot be stored: in a layer, names that begin with ".wh." remove files`, {
    hint: 'Rename or remove the file in the step that makes it',
  });
