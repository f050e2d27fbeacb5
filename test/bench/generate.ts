// Files that are the same each time: numbers and bytes come from a seed.
import { createCipheriv } from 'node:crypto';
import { closeSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MEBIBYTE = 2 ** 20;
/** Old enough for no tool to think that a file may still be changing. */
const TIME = new Date('2024-01-01T00:00:00Z');

/** Numbers from 0 to 1 (xorshift32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Bytes that no compressor makes smaller. */
export function randomBytes(size: number, seed: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Something like source code: gzip leaves about a third. */
export function textBytes(size: number, seed: number): Buffer {
  const next = randomNumbers(seed);
  const letters = 'etaoinshrdlucmfwypvbgkjqxz';
  const word = () => Array.from({ length: 2 + Math.floor(next() * 9) }, () => letters[Math.floor(next() ** 2 * 26)]).join('');
  const words = Array.from({ length: 3000 }, word);
  const parts: string[] = [];
  for (let length = 0; length < size; ) {
    const part = `${words[Math.floor(next() ** 2 * 3000)]}${next() < 0.1 ? ';\n  ' : ' '}`;
    parts.push(part);
    length += part.length;
  }
  return Buffer.from(parts.join('').slice(0, size));
}

/** Writes a file and the folders above it. */
export function writeFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, TIME, TIME);
}

/** Changes a file as an editor does: its time is now, by which some builders tell that it is another one. */
export const editFile = (path: string, content: string): void => writeFileSync(path, content);

/** One file of any size. */
export function writeBigFile(path: string, size: number, kind: 'random' | 'text'): void {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'w');
  const text = kind === 'text' ? textBytes(8 * MEBIBYTE, 7) : undefined;
  for (let at = 0, part = 1; at < size; part++) {
    const bytes = (text ?? randomBytes(8 * MEBIBYTE, part)).subarray(0, size - at);
    at += writeSync(fd, bytes);
  }
  closeSync(fd);
  utimesSync(path, TIME, TIME);
}

/** A tree like node_modules: twenty files in each package, 10 KiB on average, most of them smaller. Returns the files' names. */
export function writeTree(dir: string, files: number, mean = 10 * 1024): readonly string[] {
  const next = randomNumbers(files);
  const pool = textBytes(4 * MEBIBYTE, 3);
  return Array.from({ length: files }, (_, number) => {
    const folder = ['', 'lib', 'lib/internal', 'dist'][number % 4] ?? '';
    const name = join('node_modules', `package-${Math.floor(number / 20)}`, folder, `file-${number}.js`);
    const size = Math.min(pool.length / 2, Math.floor(-Math.log(1 - next()) * mean));
    const start = Math.floor(next() * (pool.length / 2));
    writeFile(join(dir, name), pool.subarray(start, start + size));
    return name;
  });
}
