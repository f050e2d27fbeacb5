import { AT, BLOCK, checksumOf } from './ustar.ts';

/** What a header block says by itself. Texts are byte strings. */
export interface RawHeader {
  readonly name: string;
  readonly target: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly seconds: number;
  readonly major: number;
  readonly minor: number;
}

/** `undefined` where a number cannot be read. The checksum is the caller's matter. */
export function parseHeader(block: Buffer): RawHeader | undefined {
  const magic = block.toString('latin1', AT.magic, AT.magic + 6);
  const type = block[AT.type] === 0 ? '0' : String.fromCharCode(block[AT.type] ?? 0);
  const isDevice = (type === '3' || type === '4') && magic.startsWith('ustar');
  const mode = number(block, AT.mode, 8);
  const uid = number(block, AT.uid, 8);
  const gid = number(block, AT.gid, 8);
  const size = number(block, AT.size, 12);
  const seconds = number(block, AT.mtime, 12);
  const major = isDevice ? number(block, AT.major, 8) : 0;
  const minor = isDevice ? number(block, AT.minor, 8) : 0;
  if (Number.isNaN(mode + uid + gid + size + seconds + major + minor)) return undefined;
  const prefix = magic === 'ustar\0' && block[AT.prefix] !== 0 ? text(block, AT.prefix, prefixLength(block)) : '';
  const name = text(block, AT.name, 100);
  const target = block[AT.target] === 0 ? '' : text(block, AT.target, 100);
  return { type, mode, uid, gid, size, seconds, major, minor, name: prefix === '' ? name : `${prefix}/${name}`, target };
}

/** Whether the stored checksum is right. */
export function hasRightSum(block: Buffer): boolean {
  const stored = octal(block, AT.checksum, AT.checksum + 8);
  return stored === checksumOf(block, { signed: false }) || stored === checksumOf(block, { signed: true });
}

/** Schilling's star keeps times behind a shorter prefix and says so in the last four bytes. */
const prefixLength = (block: Buffer): number => (block.toString('latin1', 508, 512) === 'tar\0' ? 131 : 155);

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('latin1', at, end < 0 || end > at + length ? at + length : end);
}

/** Octal digits, or GNU's base 256 where the first bit is set; NaN for anything else. */
function number(block: Buffer, at: number, length: number): number {
  return (block[at] ?? 0) >= 0x80 ? base256(block, at, length) : octal(block, at, at + length);
}

function octal(block: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at] ?? 0;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return Number.NaN;
    value = value * 8 + byte - 0x30;
  }
  return value;
}

/** Two's complement, most significant byte first; the first bit only marks the form. */
function base256(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  let value = BigInt(first & 0x40 ? first - 256 : first & 0x7f);
  for (let i = 1; i < length; i++) value = value * 256n + BigInt(block[at + i] ?? 0);
  const plain = Number(value);
  return Number.isSafeInteger(plain) ? plain : Number.NaN;
}

const ZEROS = Buffer.alloc(BLOCK);

export const isZero = (block: Buffer): boolean => block[0] === 0 && block.equals(ZEROS);
