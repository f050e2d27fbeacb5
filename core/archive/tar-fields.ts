import { AT, BLOCK } from './ustar.ts';

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
  const posix = block.toString('latin1', AT.magic, AT.magic + 6) === 'ustar\0';
  const known = posix || block.toString('latin1', AT.magic, AT.magic + 6) === 'ustar ';
  const type = block[AT.type] === 0 ? '0' : String.fromCharCode(block[AT.type] ?? 0);
  const isDevice = known && (type === '3' || type === '4');
  const numbers = {
    mode: number(block, AT.mode, 8),
    uid: number(block, AT.uid, 8),
    gid: number(block, AT.gid, 8),
    size: number(block, AT.size, 12),
    seconds: number(block, AT.mtime, 12),
    major: isDevice ? number(block, AT.major, 8) : 0,
    minor: isDevice ? number(block, AT.minor, 8) : 0,
  };
  if (!Object.values(numbers).every(Number.isSafeInteger)) return undefined;
  const name = text(block, AT.name, 100);
  const prefix = posix ? text(block, AT.prefix, prefixLength(block)) : '';
  return { ...numbers, type, name: prefix === '' ? name : `${prefix}/${name}`, target: text(block, AT.target, 100) };
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

export function isZero(block: Buffer): boolean {
  for (let i = 0; i < BLOCK; i += 4) if (block.readUInt32LE(i) !== 0) return false;
  return true;
}
