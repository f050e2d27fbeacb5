import type { FileEntry, NodeEntry } from './entry.ts';

/** A place in merged layers that is not a directory. */
export interface TreeLeaf {
  readonly kind: 'leaf';
  readonly entry: NodeEntry;
  /** Number of the layer that it comes from. */
  readonly layer: number;
  /** The entry under which that layer has the content; `undefined` for what is no file. */
  readonly source: FileEntry | undefined;
  /** All names that the layer gives to this file, shared between them; `undefined` for one name. */
  links: string[] | undefined;
}

export interface TreeDirectory {
  readonly kind: 'directory';
  entry: NodeEntry;
  readonly children: Map<string, TreeNode>;
  /** Sorted; made when asked for. */
  names: readonly string[] | undefined;
}

export type TreeNode = TreeLeaf | TreeDirectory;

export const treeDirectory = (entry: NodeEntry): TreeDirectory => ({
  kind: 'directory',
  entry,
  children: new Map(),
  names: undefined,
});
