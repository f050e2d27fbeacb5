import type { Content, FileEntry, NodeEntry } from './entry.ts';

/** A file or directory of this host that shows a part of a tree. */
export interface HostPlace {
  /** Without symlinks on the way. */
  readonly path: string;
  /** What is there and not in the tree, by paths below; of a directory that is hidden itself alone. */
  readonly hidden: readonly string[];
}

/** What the files of a tree that may change were at one time, told without reading them. */
export interface TreeState {
  /** Which tree, whatever becomes of its files. */
  readonly of: string;
  /** Equal for equal files; files that are equal may have two. `undefined` where a change could go unnoticed. */
  readonly id: string | undefined;
  /** The same for the files and directories directly in each directory, by its path; also `undefined` where some of them are hard links. */
  readonly directories: ReadonlyMap<string, string | undefined>;
  /** How many files and directories there are. */
  readonly size: number;
}

/**
 * A filesystem that can be looked into without a directory of its own: the build context, or the layers of a stage or image merged.
 * Paths are those of `Entry.path` (relative, `''` is the root). Nothing here leaves the root; no host symlink is ever followed.
 */
export interface FileTree {
  /** Names the content: trees with one id are equal, for ever. Absent where files may change. */
  readonly id?: string | undefined;
  /** The file at exactly this path; its last component is not followed. Missing parents or symlinked parents: `undefined`. */
  get(path: string): NodeEntry | undefined;
  /** Names in a directory, sorted by bytes; empty for anything else. */
  list(path: string): readonly string[];
  /**
   * Makes the bytes of files readable: must be awaited before `content` is asked (layers that are stored compressed are unpacked once).
   */
  open(): Promise<void>;
  /** Where the bytes of a file of this tree lie. */
  content(file: FileEntry): Content;
  /** `sha256:…` over the bytes of each file (`hashContents`), in order; read at most once while the files stay unchanged. */
  digests(files: readonly FileEntry[]): Promise<readonly string[]>;
  /** Names that are one file (hard links), as an opaque identity; `undefined` for a file with one name. */
  identity(file: Pick<FileEntry, 'path'>): string | undefined;
  /** What is at and below these paths. Absent where files never change. */
  state?(paths: readonly string[]): TreeState;
  /** Where on this host what is at and below `path` lies, if it does. */
  hostPlace?(path: string): HostPlace | undefined;
  /** The path of the first that is no longer what it was when it was looked at, of what `hostPlace` shows. */
  whatChanged?(path: string): string | undefined;
}
