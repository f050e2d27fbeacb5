/** Seconds and nanoseconds since 1970; `nanoseconds` is 0 to 999,999,999, also before 1970. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

interface EntryBase {
  /**
   * Relative to the root: no leading or trailing slash, no `.` or `..`; the root itself is `''`. Names on disk are bytes: those that
   * are not UTF-8 carry each stray byte 0x80–0xff as the lone surrogate U+DC80–U+DCFF (`decodeName`, `encodeName`), so that every name
   * survives and ordinary names are ordinary strings.
   */
  readonly path: string;
}

/** What every real file has, whatever its type. */
export interface Attributes {
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  /** Values are bytes as latin1 strings (one character a byte), names as on Linux: `security.capability`, `user.x`. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

export interface FileEntry extends EntryBase, Attributes {
  readonly type: 'file';
  /** Bytes. */
  readonly size: number;
  /** Where the content starts in the layer's uncompressed tar; absent while there is no tar. */
  readonly offset?: number;
}
export interface DirectoryEntry extends EntryBase, Attributes {
  readonly type: 'directory';
}
export interface SymlinkEntry extends EntryBase, Attributes {
  readonly type: 'symlink';
  /** The link's text, as bytes decoded like a path. */
  readonly target: string;
}
/** One more name of a file of the same layer. Its attributes are those of `target`. */
export interface HardlinkEntry extends EntryBase {
  readonly type: 'hardlink';
  /** Path of the first name, which comes earlier in the same layer. */
  readonly target: string;
}
export interface DeviceEntry extends EntryBase, Attributes {
  readonly type: 'char' | 'block';
  readonly major: number;
  readonly minor: number;
}
export interface FifoEntry extends EntryBase, Attributes {
  readonly type: 'fifo';
}
/** Removes `path` of the layers below (OCI image-spec, layer.md, Whiteouts). `path` is the removed path, without `.wh.`. */
export interface WhiteoutEntry extends EntryBase {
  readonly type: 'whiteout';
}
/** Hides everything that the layers below have in the directory `path` (opaque whiteout). */
export interface OpaqueEntry extends EntryBase {
  readonly type: 'opaque';
}

/** An entry that is a file of the tree, not an instruction about the layers below. */
export type NodeEntry = FileEntry | DirectoryEntry | SymlinkEntry | DeviceEntry | FifoEntry;
export type Entry = NodeEntry | HardlinkEntry | WhiteoutEntry | OpaqueEntry;

/**
 * Everything a layer says, without the bytes of its files. In the order of `compareEntries`: parents first, in each directory the opaque
 * marker, then whiteouts, then names. A foreign tar's order is normalised; of several entries with one path the last one counts.
 *
 * An array of entries is one, but not every one is an array: of large layers the entries are made when they are asked for (`packIndex`).
 */
export interface LayerIndex extends Iterable<Entry, undefined> {
  readonly length: number;
  at(place: number): Entry | undefined;
  values(): IteratorObject<Entry, undefined>;
}

/** Proves that a file was not changed between two looks at it. */
export interface FileStamp {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/**
 * Where the bytes of a regular file lie: `length` bytes at `offset` of a file on this host, or at hand. With a `stamp` whoever reads
 * compares it before and after reading and throws `SOURCE_CHANGED` when the file was changed in between.
 */
export type Content =
  | {
      readonly kind: 'range';
      readonly file: string;
      readonly offset: number;
      readonly length: number;
      readonly stamp?: FileStamp;
    }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };
