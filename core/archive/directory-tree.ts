import type { Content, FileEntry, FileStamp, NodeEntry } from './entry.ts';
import type { FileTree } from './file-tree.ts';
import type { PatternMatcher } from './patterns.ts';

/** `sha256:…` of each file's bytes, in order. `path` is a host path; give it to `node:fs` through `pathOf`. */
export type HashFiles = (files: readonly { readonly path: string; readonly stamp: FileStamp }[]) => Promise<readonly string[]>;

export interface DirectoryTreeOptions {
  /** What it matches is hidden, but for directories on the way to something that it takes back. */
  readonly ignore?: PatternMatcher | undefined;
  /** Remembers hashes of unchanged files; without it every file is read. */
  readonly hash?: HashFiles | undefined;
  /** Whether entries carry extended attributes; default true. */
  readonly xattrs?: boolean;
}

/** A directory of this host as it is when first looked at: each directory is read once, when somebody asks, and then remembered. */
export class DirectoryTree implements FileTree {
  readonly root: string;
  constructor(root: string, options: DirectoryTreeOptions = {}) {
    this.root = root;
    if (options === undefined) throw new Error('Not written yet');
  }
  get(path: string): NodeEntry | undefined {
    throw new Error(`Not written yet ${path}`);
  }
  list(path: string): readonly string[] {
    throw new Error(`Not written yet ${path}`);
  }
  async open(): Promise<void> {}
  content(file: FileEntry): Content {
    throw new Error(`Not written yet ${file}`);
  }
  async digests(files: readonly FileEntry[]): Promise<readonly string[]> {
    throw new Error(`Not written yet ${files}`);
  }
  identity(file: FileEntry): string | undefined {
    throw new Error(`Not written yet ${file}`);
  }
}
