import type { Content, FileEntry } from './entry.ts';
import type { Range } from './range-reader.ts';

/** A file that is to be written. */
export interface NewFile {
  /** On this host. */
  readonly path: string;
  readonly entry: FileEntry;
  readonly content: Range;
}

/** Files as another thread is given them: a message of objects takes half as long as writing the files. */
export interface FileBatch {
  /** With a zero between each two. */
  readonly paths: string;
  /** Files of this host with the contents. */
  readonly sources: readonly string[];
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** Of each file: mode, uid, gid, seconds, nanoseconds, size, source, offset. */
const COLUMNS = 8;

/** Whether a file can be one of a batch: most can. */
export const isPlainFile = (path: string | Buffer, entry: FileEntry, content: Content): boolean =>
  typeof path === 'string' && entry.xattrs === undefined && content.kind === 'range' && content.stamp === undefined;

export function encodeBatch(files: readonly NewFile[]): FileBatch {
  const numbers = new Float64Array(files.length * COLUMNS);
  const sources = new Map<string, number>();
  for (const [i, { entry, content }] of files.entries()) {
    const source = sources.get(content.file) ?? sources.size;
    sources.set(content.file, source);
    const { mode, uid, gid, mtime, size } = entry;
    numbers.set([mode, uid, gid, mtime.seconds, mtime.nanoseconds, size, source, content.offset], i * COLUMNS);
  }
  return { paths: files.map(({ path }) => path).join('\0'), sources: [...sources.keys()], numbers };
}

export function* filesOf({ paths, sources, numbers }: FileBatch): Generator<NewFile, void, undefined> {
  for (const [i, path] of paths.split('\0').entries()) {
    const [mode = 0, uid = 0, gid = 0, seconds = 0, nanoseconds = 0, size = 0, source = 0, offset = 0] = numbers.subarray(
      i * COLUMNS,
      (i + 1) * COLUMNS,
    );
    const entry: FileEntry = { type: 'file', path, mode, uid, gid, mtime: { seconds, nanoseconds }, size };
    yield { path, entry, content: { kind: 'range', file: sources[source] ?? '', offset, length: size } };
  }
}
