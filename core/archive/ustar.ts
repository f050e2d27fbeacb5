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

/** What all headers share, with zeros as numbers and blanks in the checksum's place. */
const TEMPLATE = makeTemplate();
const TEMPLATE_SUM = TEMPLATE.reduce((sum, byte) => sum + byte, 0);

/** Writes one header into `bytes` at `at`; returns `bytes`. The checksum is added up on the way: this runs for every file of a layer. */
export function encodeHeader(bytes: Buffer, at: number, fields: HeaderFields): Buffer {
  const [prefix, name] = splitName(fields.name) ?? ['', fields.name];
  bytes.set(TEMPLATE, at);
  const sum =
    TEMPLATE_SUM +
    putText(bytes, at + AT.name, name) +
    putOctal(bytes, at + AT.mode + 7, fields.mode, MAX_OCTAL_7) +
    putOctal(bytes, at + AT.uid + 7, fields.uid, MAX_OCTAL_7) +
    putOctal(bytes, at + AT.gid + 7, fields.gid, MAX_OCTAL_7) +
    putOctal(bytes, at + AT.size + 11, fields.size, MAX_OCTAL_11) +
    putOctal(bytes, at + AT.mtime + 11, fields.seconds, MAX_OCTAL_11) +
    putText(bytes, at + AT.type, fields.type) +
    putText(bytes, at + AT.target, fields.target) +
    putOctal(bytes, at + AT.major + 7, fields.major, MAX_OCTAL_7) +
    putOctal(bytes, at + AT.minor + 7, fields.minor, MAX_OCTAL_7) +
    putText(bytes, at + AT.prefix, prefix, 155);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0`, at + AT.checksum, 'latin1');
  return bytes;
}

function makeTemplate(): Buffer {
  const block = Buffer.alloc(BLOCK);
  for (const field of ['mode', 'uid', 'gid', 'major', 'minor'] as const) block.write('0000000', AT[field], 'latin1');
  for (const field of ['size', 'mtime'] as const) block.write('00000000000', AT[field], 'latin1');
  block.write('        ', AT.checksum, 'latin1');
  block.write('ustar\x0000', AT.magic, 'latin1');
  return block;
}

/** Writes a byte string, cut at its field's end; returns the sum of its bytes. */
function putText(bytes: Buffer, at: number, text: string, max = 100): number {
  const length = Math.min(text.length, max);
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    bytes[at + i] = code;
    sum += code;
  }
  return sum;
}

/** Digits that end before `end`, over the template's zeros; returns what they add to its sum. Numbers that do not fit stay 0. */
function putOctal(bytes: Buffer, end: number, value: number, max: number): number {
  if (value < 0 || value > max) return 0;
  let sum = 0;
  for (let rest = value, at = end - 1; rest > 0; at--) {
    const digit = rest % 8;
    bytes[at] = 0x30 + digit;
    sum += digit;
    rest = (rest - digit) / 8;
  }
  return sum;
}

/** ustar's two fields for a name, at most 155 and 100 bytes; `undefined` if the name has no slash in the right place. */
export function splitName(name: string): readonly [prefix: string, name: string] | undefined {
  if (name.length <= 100) return ['', name];
  const slash = name.lastIndexOf('/', Math.min(155, name.length - 2));
  return slash > 0 && name.length - slash - 1 <= 100 ? [name.slice(0, slash), name.slice(slash + 1)] : undefined;
}

/** Sum of a block's bytes with blanks in the checksum's place. Ancient tars added signed bytes. */
export function checksumOf(block: Uint8Array, { signed }: { readonly signed: boolean }): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < AT.checksum; i++) sum += block[i] ?? 0;
  for (let i = AT.checksum + 8; i < BLOCK; i++) sum += block[i] ?? 0;
  if (signed) for (let i = 0; i < BLOCK; i++) if ((block[i] ?? 0) > 127) sum -= 256;
  return sum;
}
