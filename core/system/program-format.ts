import { closeSync, openSync, readSync } from 'node:fs';

/** What the kernel makes of a file that is to be executed. */
export type ProgramFormat =
  | { readonly kind: 'unknown' }
  /** `interpreter`: the file that is executed in its place: of a script, or the loader of a dynamic program. */
  | { readonly kind: 'known'; readonly interpreter?: string | undefined };

/** Of a script's first line, and of an ELF file's headers. */
const START = 4096;
const PT_INTERP = 3;

/** Reads the beginning of a program: `#!`, or ELF (elf(5)). */
export function readProgramFormat(path: string): ProgramFormat {
  const fd = openSync(path, 'r');
  try {
    const start = Buffer.alloc(START);
    const bytes = start.subarray(0, readSync(fd, start, 0, START, 0));
    if (bytes.toString('latin1', 0, 2) === '#!')
      return { kind: 'known', interpreter: /^#![ \t]*([^ \t\n]+)/.exec(bytes.toString('utf8', 0, 256))?.[1] };
    return bytes.toString('latin1', 0, 4) === '\x7fELF' ? { kind: 'known', interpreter: loaderOf(bytes) } : { kind: 'unknown' };
  } finally {
    closeSync(fd);
  }
}

/** `undefined` for static programs, and for what is not where linkers put it. */
function loaderOf(elf: Buffer): string | undefined {
  if (elf.length < 64 || elf[5] !== 1) return undefined; // too short, or not little-endian
  const wide = elf[4] === 2;
  const number = (at: number): number => (wide ? Number(elf.readBigUInt64LE(at)) : elf.readUInt32LE(at));
  const table = number(wide ? 0x20 : 0x1c);
  const size = elf.readUInt16LE(wide ? 0x36 : 0x2a);
  const count = elf.readUInt16LE(wide ? 0x38 : 0x2c);
  for (let at = table; at < table + size * count && at + size <= elf.length; at += size) {
    if (size < 32 || elf.readUInt32LE(at) !== PT_INTERP) continue;
    const offset = number(at + (wide ? 8 : 4));
    return elf.toString('utf8', offset, offset + number(at + (wide ? 32 : 16))).split('\0', 1)[0] || undefined;
  }
  return undefined;
}

/** Whether a program needs nothing beside itself. */
export function isStaticProgram(path: string): boolean {
  const format = readProgramFormat(path);
  return format.kind === 'known' && format.interpreter === undefined;
}
