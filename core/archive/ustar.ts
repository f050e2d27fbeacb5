/** Everything in a tar comes in blocks of this many bytes. */
export const BLOCK = 512;
export const MAX_OCTAL_7 = 0o7777777;
export const MAX_OCTAL_11 = 0o77777777777;

/** Bytes of whole blocks that `size` bytes take. */
export const blocksOf = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** A ustar header; names and targets are byte strings. What does not fit is left 0 or cut off: an extended header says it. */
export interface HeaderFields {
  readonly name: string;
  readonly target: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly seconds: number;
  readonly major: number;
  readonly minor: number;
}

/** Field offsets (POSIX pax, ustar Interchange Format). */
export const AT = {
  name: 0,
  mode: 100,
  uid: 108,
  gid: 116,
  size: 124,
  mtime: 136,
  checksum: 148,
  type: 156,
  target: 157,
  magic: 257,
  userName: 265,
  groupName: 297,
  major: 329,
  minor: 337,
  prefix: 345,
} as const;

/** Writes one header into `bytes` at `at`; returns `bytes`. */
export function encodeHeader(bytes: Buffer, at: number, fields: HeaderFields): Buffer {
  bytes.fill(0, at, at + BLOCK);
  const [prefix, name] = splitName(fields.name) ?? ['', fields.name.slice(0, 100)];
  bytes.write(name, at, 100, 'latin1');
  writeOctal(bytes, at + AT.mode, 7, fields.mode);
  writeOctal(bytes, at + AT.uid, 7, fields.uid);
  writeOctal(bytes, at + AT.gid, 7, fields.gid);
  writeOctal(bytes, at + AT.size, 11, fields.size);
  writeOctal(bytes, at + AT.mtime, 11, fields.seconds);
  bytes.write(fields.type, at + AT.type, 1, 'latin1');
  bytes.write(fields.target.slice(0, 100), at + AT.target, 100, 'latin1');
  bytes.write('ustar\x0000', at + AT.magic, 8, 'latin1');
  writeOctal(bytes, at + AT.major, 7, fields.major);
  writeOctal(bytes, at + AT.minor, 7, fields.minor);
  bytes.write(prefix, at + AT.prefix, 155, 'latin1');
  writeOctal(bytes, at + AT.checksum, 6, checksumOf(bytes, at).unsigned);
  bytes[at + AT.checksum + 7] = 0x20;
  return bytes;
}

/** ustar's two fields for a name, at most 155 and 100 bytes; `undefined` if the name has no slash in the right place. */
export function splitName(name: string): readonly [prefix: string, name: string] | undefined {
  if (name.length <= 100) return ['', name];
  const slash = name.lastIndexOf('/', Math.min(155, name.length - 2));
  return slash > 0 && name.length - slash - 1 <= 100 ? [name.slice(0, slash), name.slice(slash + 1)] : undefined;
}

function writeOctal(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value >= 0 && value < 8 ** digits ? value : 0;
  for (let i = at + digits - 1; i >= at; i--) {
    bytes[i] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

/** Sums of a header's bytes with blanks in the checksum's place. Ancient tars added signed bytes. */
export function checksumOf(bytes: Uint8Array, at: number): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let i = at; i < at + BLOCK; i++) {
    if (i === at + AT.checksum) i += 8;
    const byte = bytes[i] ?? 0;
    unsigned += byte;
    if (byte > 127) high++;
  }
  return { unsigned, signed: unsigned - 256 * high };
}
