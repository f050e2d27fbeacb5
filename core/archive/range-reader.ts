import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, VarveError } from '../src/errors.ts';
import { lookAtOpen, ROW } from '../system/stat-row.ts';
import type { Content, FileStamp } from './entry.ts';
import { isSameStamp } from './file-stamp.ts';
import { pathOf } from './names.ts';

export type Range = Extract<Content, { kind: 'range' }>;

/** Layers are merged from few files: this many stay open, so that a range costs one read. */
const OPEN_FILES = 8;

/** Reads ranges of host files synchronously. Files without a stamp stay open until disposal, for the ranges to come. */
export class RangeReader implements Disposable {
  readonly #open = new Map<string, number>();

  /** Calls `use` with the open file; checks the range's stamp before and after. */
  with<T>(range: Range, use: (fd: number) => T): T {
    return range.stamp === undefined ? use(this.#shared(range.file)) : this.#stamped(range.file, range.stamp, use);
  }

  /** Fills `target` from a range. */
  read(range: Range, target: Uint8Array): void {
    this.with(range, (fd) => readFully(fd, range, { into: target, at: 0, skip: 0, length: range.length }));
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #stamped<T>(file: string, stamp: FileStamp, use: (fd: number) => T): T {
    const fd = openStamped(file);
    try {
      if (!hasStamp(fd, stamp)) throw changed(file);
      const result = use(fd);
      if (!hasStamp(fd, stamp)) throw changed(file);
      return result;
    } finally {
      closeSync(fd);
    }
  }

  #shared(file: string): number {
    const known = this.#open.get(file);
    if (known !== undefined) return known;
    const oldest = this.#open.entries().next().value;
    if (oldest !== undefined && this.#open.size >= OPEN_FILES) {
      this.#open.delete(oldest[0]);
      closeSync(oldest[1]);
    }
    const fd = openSync(pathOf(file), 'r');
    this.#open.set(file, fd);
    return fd;
  }
}

export interface ReadPlace {
  readonly into: Uint8Array;
  readonly at: number;
  /** Bytes of the range that come before. */
  readonly skip: number;
  readonly length: number;
}

/** @throws VarveError `SOURCE_CHANGED` if the file ends before the range does */
export function readFully(fd: number, range: Range, { into, at, skip, length }: ReadPlace): void {
  for (let done = 0; done < length; ) {
    const read = readSync(fd, into, at + done, length - done, range.offset + skip + done);
    if (read === 0) throw changed(range.file, `it ends after ${skip + done} of ${range.length} bytes`);
    done += read;
  }
}

const row = new Uint32Array(ROW.length);

function hasStamp(fd: number, stamp: FileStamp): boolean {
  lookAtOpen(fd, row);
  return isSameStamp(stamp, row);
}

function openStamped(file: string): number {
  try {
    return openSync(pathOf(file), 'r');
  } catch (cause) {
    throw changed(file, messageOf(cause), cause);
  }
}

const changed = (file: string, what = 'it is not the file that was listed', cause?: unknown): VarveError =>
  new VarveError('SOURCE_CHANGED', `"${file}" changed while it was read: ${what}`, {
    cause,
    hint: 'Do not change the build context during a build; run the build again',
  });
