import type { NodeEntry } from './entry.ts';
import type { FileTree } from './file-tree.ts';

export interface ResolvedPath {
  /** Without symlinks, as far as there are any files; the rest as asked for. */
  readonly path: string;
  readonly exists: boolean;
  /** What is there. */
  readonly entry: NodeEntry | undefined;
}

/**
 * Follows the symlinks of a path inside a tree. Absolute links start at the tree's root, `..` stops there. Missing components are allowed.
 *
 * @throws VarveError `PATH_LOOP` after 40 links
 */
export function resolvePath(tree: FileTree, path: string, options: { readonly followLast?: boolean } = {}): ResolvedPath {
  throw new Error(`Not written yet ${tree} ${path} ${options}`);
}

/** The entry at exactly `path` and everything below it, depth-first, sorted; symlinks are not followed. Nothing if there is no entry. */
export function* walk(tree: FileTree, path: string): Generator<NodeEntry, void, undefined> {
  yield* [];
  throw new Error(`Not written yet ${tree} ${path}`);
}

/**
 * The bytes of a file, symlinks followed; `undefined` if there is no file. Opens the tree.
 *
 * @throws VarveError `FILE_TOO_LARGE` beyond `limit` bytes, `PATH_LOOP`
 */
export async function readFile(tree: FileTree, path: string, limit: number): Promise<Buffer | undefined> {
  throw new Error(`Not written yet ${tree} ${path} ${limit}`);
}
