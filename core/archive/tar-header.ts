import type { Timestamp } from './entry.ts';

/** What one member of a tar says about itself, PAX and GNU extensions applied. */
export interface TarHeader {
  /** The name as an entry path: no leading `./` or `/`, no trailing slash. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of the body; 0 for everything but files. */
  readonly size: number;
  readonly mtime: Timestamp;
  /** A symlink's text as it is, a hard link's as an entry path; else empty. */
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  /** Values as latin1 strings. */
  readonly xattrs: Readonly<Record<string, string>>;
  /** Where the body starts in the tar. */
  readonly offset: number;
}

/** Bounds for hostile tars; each has a default. */
export interface TarLimits {
  /** Members of the tar. */
  readonly entries?: number;
  /** Bytes of all bodies together. */
  readonly unpackedSize?: number;
}
