import { isUtf8 } from 'node:buffer';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of all ASCII characters
const ASCII = /^[\x00-\x7f]*$/;
/** A stray byte b becomes the lone surrogate U+DC00 + b (as Python's surrogateescape), so that it survives the way through a string. */
const ESCAPE = 0xdc00;

const isStray = (unit: number): boolean => unit >= 0xdc80 && unit <= 0xdcff;

/** The string form of a name's bytes: UTF-8 as it reads, every byte that is not UTF-8 as a lone surrogate U+DC80–U+DCFF. */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString('utf8') : decodeMixed(buffer);
}

/** The same for bytes as a latin1 string, one character a byte: quick for the usual ASCII name. */
export const decodeLatin1Name = (name: string): string => (ASCII.test(name) ? name : decodeName(Buffer.from(name, 'latin1')));

/** The same for many. */
export const decodeLatin1Names = (names: string[]): string[] => (ASCII.test(names.join('')) ? names : names.map(decodeLatin1Name));

/** The bytes of a name; the reverse of `decodeName`. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  let start = 0;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff)
      i++; // the first half of a pair
    else if (isStray(unit)) {
      parts.push(Buffer.from(name.slice(start, i), 'utf8'), Buffer.from([unit - ESCAPE]));
      start = i + 1;
    }
  }
  parts.push(Buffer.from(name.slice(start), 'utf8'));
  return Buffer.concat(parts);
}

/** What `node:fs` takes for a name or host path: the string itself, or its bytes where they are not UTF-8. */
export const pathOf = (name: string): string | Buffer => (name.isWellFormed() ? name : encodeName(name));

function decodeMixed(bytes: Buffer): string {
  let text = '';
  let start = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) at += length;
    else {
      text += bytes.toString('utf8', start, at) + String.fromCharCode(ESCAPE + (bytes[at] ?? 0));
      start = ++at;
    }
  }
  return text + bytes.toString('utf8', start);
}

/** Length of the UTF-8 sequence that starts at `at`; 0 if none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
