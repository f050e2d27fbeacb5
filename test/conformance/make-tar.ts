import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

/** One member of an archive; without a type it is a file with `text`. */
export interface Member {
  readonly path: string;
  readonly type?: keyof typeof TYPES;
  readonly text?: string;
  readonly target?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** PAX records for this member. */
  readonly pax?: Readonly<Record<string, string>>;
}

/** Flags of ustar and PAX; `global` is a header about all that follows. */
const TYPES = { file: '0', hardlink: '1', symlink: '2', directory: '5', fifo: '6', global: 'g' } as const;
const BLOCK = 512;

/** A tar in the ustar format, as other tools write them. */
export function makeTar(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ pax, ...member }) => [
    ...(pax === undefined ? [] : paxHeader(pax)),
    ...record(member, typeFlag(member)),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const typeFlag = ({ type = 'file' }: Member): string => TYPES[type];

function record(member: Member, flag: string): readonly Buffer[] {
  const content = Buffer.from(member.text ?? '');
  return [header(member, { flag, size: content.length }), content, Buffer.alloc(-content.length & (BLOCK - 1))];
}

function header(member: Member, { flag, size }: { readonly flag: string; readonly size: number }): Buffer {
  const { path, target = '', mode = member.type === 'directory' ? 0o755 : 0o644, uid = 0, gid = 0 } = member;
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) => block.write(value.toString(8).padStart(length - 1, '0'), at);
  block.write(path, 0);
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(1_000_000_000, 136, 12);
  block.write('        ', 148);
  block.write(flag, 156);
  block.write(target, 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function paxHeader(records: Readonly<Record<string, string>>): readonly Buffer[] {
  const text = Object.entries(records)
    .map(([key, value]) => withLength(` ${key}=${value}\n`))
    .join('');
  return record({ path: 'pax', text }, 'x');
}

/** The number in front counts its own digits. */
function withLength(text: string): string {
  let length = text.length;
  while (String(length).length + text.length !== length) length = String(length).length + text.length;
  return `${length}${text}`;
}

export const gzip = (bytes: Buffer): Buffer => gzipSync(bytes);
export const bzip2 = (bytes: Buffer): Buffer => execFileSync('bzip2', ['-c'], { input: bytes });
export const xz = (bytes: Buffer): Buffer => execFileSync('xz', ['-c'], { input: bytes });
export const zstd = (bytes: Buffer): Buffer => execFileSync('zstd', ['-c', '-q'], { input: bytes });
