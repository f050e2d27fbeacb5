import type { Timestamp } from './entry.ts';

// PAX texts are handled as byte strings (latin1, one character a byte): values of xattrs are binary, and names need not be UTF-8.

/** One record: its own length in decimal counts too (POSIX pax, Extended Header). */
export function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3; // blank, equals sign, line feed
  let length = rest + String(rest).length;
  if (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** Records of an extended header, in order. `undefined` if they are malformed. */
export function parsePax(bytes: Buffer): [key: string, value: string][] | undefined {
  const records: [string, string][] = [];
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    if (blank < 0 || blank - at > 8 || blank === at) return undefined;
    const digits = bytes.toString('latin1', at, blank);
    const end = at + Number(digits);
    if (!/^[0-9]+$/.test(digits) || end <= blank + 2 || end > bytes.length || bytes[end - 1] !== 0x0a) return undefined;
    const equals = bytes.indexOf(0x3d, blank);
    if (equals < 0 || equals >= end || equals === blank + 1) return undefined;
    records.push([bytes.toString('latin1', blank + 1, equals), bytes.toString('latin1', equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

/** Seconds with as many decimals as needed. */
export function formatPaxTime({ seconds, nanoseconds }: Timestamp): string {
  if (nanoseconds === 0) return String(seconds);
  const back = seconds < 0; // the fraction counts forward, the text counts from zero
  const whole = back ? `-${-(seconds + 1)}` : String(seconds);
  const fraction = String(back ? 1e9 - nanoseconds : nanoseconds).padStart(9, '0');
  return `${whole}.${fraction.replace(/0+$/, '')}`;
}

/** Decimals beyond nanoseconds are cut off, towards the past. */
export function parsePaxTime(text: string): Timestamp | undefined {
  const [, sign, whole = '', fraction = ''] = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign === '') return { seconds: Number(whole), nanoseconds };
  const rest = nanoseconds + (/[1-9]/.test(fraction.slice(9)) ? 1 : 0);
  return rest === 0 ? { seconds: 0 - Number(whole), nanoseconds: 0 } : { seconds: -Number(whole) - 1, nanoseconds: 1e9 - rest };
}

const XATTR = 'SCHILY.xattr.';

/** GNU tar's way to put a name with an equals sign into a record. */
export const paxXattrKey = (name: string): string => XATTR + name.replace(/[%=]/g, (c) => (c === '=' ? '%3D' : '%25'));

/** The attribute that a record sets; `undefined` for other records. */
export const xattrOfPaxKey = (key: string): string | undefined =>
  key.startsWith(XATTR) ? key.slice(XATTR.length).replace(/%3D|%25/g, (c) => (c === '%3D' ? '=' : '%')) : undefined;
