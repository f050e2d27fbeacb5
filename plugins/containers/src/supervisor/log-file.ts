import { closeSync, existsSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { ContainerSpec } from '../state/container-record.ts';

/** A longer line is written in pieces. */
const LINE = 16 * 1024;
const NEWLINE = 10;

export type StreamName = 'stdout' | 'stderr';

/** One line of a log, as docker's json-file driver writes it. */
export interface LogLine {
  readonly log: string;
  readonly stream: StreamName;
  /** RFC 3339. */
  readonly time: string;
}

/** Output, line by line, in a file that may be bounded: then older ones are called `log.1`, `log.2` … */
export class LogFile {
  readonly #path: string;
  readonly #limits: ContainerSpec['log'];
  readonly #unfinished: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #fd: number;
  #size: number;

  constructor(path: string, limits: ContainerSpec['log']) {
    this.#path = path;
    this.#limits = limits;
    this.#fd = openSync(path, 'a', 0o600);
    this.#size = fstatSync(this.#fd).size;
  }

  write(stream: StreamName, chunk: Uint8Array): void {
    if (this.#limits.maxFiles === 0) return;
    let rest = Buffer.concat([this.#unfinished[stream], chunk]);
    const lines: string[] = [];
    for (let length = lengthOfLine(rest); length > 0; length = lengthOfLine(rest)) {
      lines.push(this.#line(stream, rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
    this.#unfinished[stream] = Buffer.from(rest);
    for (const text of this.#limits.maxSize === undefined ? [lines.join('')] : lines) if (text !== '') this.#append(text);
  }

  /** What has no end yet is written all the same. */
  close(): void {
    for (const stream of ['stdout', 'stderr'] as const)
      if (this.#unfinished[stream].length > 0 && this.#limits.maxFiles > 0) this.#append(this.#line(stream, this.#unfinished[stream]));
    closeSync(this.#fd);
  }

  #line(stream: StreamName, bytes: Buffer): string {
    return `${JSON.stringify({ log: bytes.toString(), stream, time: new Date().toISOString() } satisfies LogLine)}\n`;
  }

  #append(text: string): void {
    const { maxSize } = this.#limits;
    if (maxSize !== undefined && this.#size > 0 && this.#size + text.length > maxSize) this.#rotate();
    this.#size += writeSync(this.#fd, text);
  }

  #rotate(): void {
    closeSync(this.#fd);
    const name = (number: number): string => (number === 0 ? this.#path : `${this.#path}.${number}`);
    const last = this.#limits.maxFiles - 1;
    rmSync(name(last), { force: true });
    for (let number = last - 1; number >= 0; number--) if (existsSync(name(number))) renameSync(name(number), name(number + 1));
    this.#fd = openSync(this.#path, 'a', 0o600);
    this.#size = 0;
  }
}

/** 0: there is no whole line yet. Characters are not cut in two. */
function lengthOfLine(bytes: Buffer): number {
  const end = bytes.indexOf(NEWLINE);
  if (end !== -1 && end < LINE) return end + 1;
  if (bytes.length < LINE) return 0;
  let length = LINE;
  while (length > LINE - 4 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--;
  return length;
}
