import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LogLine } from '../supervisor/log-file.ts';

const BLOCK = 1 << 16;
const NEWLINE = 10;

/** The files of a log, oldest first. */
export function logFiles(path: string): readonly string[] {
  const older: string[] = [];
  for (let number = 1; existsSync(`${path}.${number}`); number++) older.unshift(`${path}.${number}`);
  return [...older, ...(existsSync(path) ? [path] : [])];
}

/** Reads a file that may grow, line by line; one that has no end yet waits for the next call. */
export class LineReader implements Disposable {
  readonly #fd: number;
  #at: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, at = 0) {
    this.#fd = openSync(path, 'r');
    this.#at = at;
  }

  *lines(): Generator<LogLine, void, undefined> {
    const block = Buffer.alloc(BLOCK);
    for (let count = this.#read(block); count > 0; count = this.#read(block)) {
      let rest = Buffer.concat([this.#rest, block.subarray(0, count)]);
      for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
        const line = parse(rest.subarray(0, end).toString());
        rest = rest.subarray(end + 1);
        if (line !== undefined) yield line;
      }
      this.#rest = rest;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #read(block: Buffer): number {
    const count = readSync(this.#fd, block, 0, block.length, this.#at);
    this.#at += count;
    return count;
  }
}

/** A line that was cut short when the machine stopped is none. */
function parse(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine; // `LogFile` wrote it
  } catch {
    return undefined;
  }
}

/** Where the last lines of a file begin; `missing`: how many more an older file must give. */
export function findTail(path: string, lines: number): { readonly at: number; readonly missing: number } {
  const fd = openSync(path, 'r');
  try {
    const block = Buffer.alloc(BLOCK);
    let wanted = lines;
    for (let end = fstatSync(fd).size; end > 0; ) {
      const start = Math.max(0, end - BLOCK);
      const count = readSync(fd, block, 0, end - start, start);
      for (let i = count - 1; i >= 0; i--) if (block[i] === NEWLINE && wanted-- === 0) return { at: start + i + 1, missing: 0 };
      end = start;
    }
    return { at: 0, missing: Math.max(0, wanted) };
  } finally {
    closeSync(fd);
  }
}
