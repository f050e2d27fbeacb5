import { closeSync, constants, fchmodSync, fchownSync, openSync, readSync, writeSync } from 'node:fs';
import { copyRange } from '../system/copy-file.ts';
import { setMtimeOf } from '../system/file-times.ts';
import type { Content, FileEntry } from './entry.ts';
import type { NewFile } from './file-batch.ts';
import type { HostAttributes } from './host-attributes.ts';
import { type Range, RangeReader } from './range-reader.ts';
import { replacing } from './replacing.ts';

type HostPath = string | Buffer;

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** From this size on a file is read by itself. */
const LARGE = 128 * 1024;
/** Small files lie one behind the other in a tar: they are read many at a time. */
const WINDOW = 1024 * 1024;
/** Bytes that headers and padding between two of them take at most. */
const GAP = 8 * 1024;

/** Creates regular files. */
export class FileWriter implements Disposable {
  readonly #attributes: HostAttributes;
  readonly #reader = new RangeReader();
  readonly #window = Buffer.allocUnsafeSlow(WINDOW);
  /** Which part of which file is in the window. */
  #file: string | undefined;
  #start = 0;
  #end = 0;
  /** What is being written, and where in it; empty where nobody knows what follows. */
  #batch: readonly NewFile[] = [];
  #at = 0;

  constructor(attributes: HostAttributes) {
    this.#attributes = attributes;
  }

  /** @throws `EEXIST` if there is anything, also a symlink; VarveError `SOURCE_CHANGED` */
  create(path: HostPath, entry: FileEntry, content: Content): void {
    const { isOwn, isMode } = this.#attributes.given(entry);
    const fd = openSync(path, FLAGS, isMode ? entry.mode : 0o600);
    try {
      if (entry.size > 0) this.#fill(fd, content);
      if (!isOwn) fchownSync(fd, entry.uid, entry.gid);
      if (!isMode) fchmodSync(fd, entry.mode);
      if (entry.xattrs !== undefined) this.#attributes.setXattrs(path, entry);
      setMtimeOf(fd, entry.mtime.seconds, entry.mtime.nanoseconds);
    } finally {
      closeSync(fd);
    }
  }

  /** Writes several, in the place of what is there; of their sources no more is read than they need. */
  createAll(files: readonly NewFile[]): void {
    this.#batch = files;
    for (const [i, { path, entry, content }] of files.entries()) {
      this.#at = i;
      replacing(path, () => this.create(path, entry, content));
    }
    this.#batch = [];
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }

  #fill(fd: number, content: Content): void {
    if (content.kind === 'bytes') writeAll(fd, content.bytes);
    else if (content.length >= LARGE) {
      this.#reader.with(content, (from) => copyRange(from, fd, content));
    } else writeAll(fd, this.#small(content));
  }

  #small(range: Range): Uint8Array {
    if (range.stamp !== undefined) {
      const bytes = this.#window.subarray(0, range.length);
      this.#file = undefined;
      this.#reader.read(range, bytes);
      return bytes;
    }
    const end = range.offset + range.length;
    if (range.file !== this.#file || range.offset < this.#start || end > this.#end) this.#load(range);
    return this.#window.subarray(range.offset - this.#start, end - this.#start);
  }

  /** Fills the window from the start of a range on, as far as there is anything that is wanted. */
  #load(range: Range): void {
    this.#file = undefined;
    const length = this.#batch.length === 0 ? WINDOW : Math.min(WINDOW, this.#endOfRun(range) - range.offset);
    const read = this.#reader.with(range, (fd) => readSync(fd, this.#window, 0, length, range.offset));
    if (read < range.length) this.#reader.read(range, this.#window.subarray(0, range.length)); // says what is wrong
    this.#file = range.file;
    this.#start = range.offset;
    this.#end = range.offset + Math.max(read, range.length);
  }

  /** How far small files that are written next lie one behind the other. */
  #endOfRun({ file, offset, length }: Range): number {
    let end = offset + length;
    for (let i = this.#at + 1; ; i++) {
      const next = this.#batch[i]?.content;
      if (next?.file !== file || next.length >= LARGE || next.offset < end || next.offset > end + GAP) return end;
      end = next.offset + next.length;
    }
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
}
