/** A place in merged layers: a directory, or the number of an entry that is none (`MergedIndexes`). */
export type TreeNode = TreeDirectory | number;

export interface TreeDirectory {
  /** The number of its entry; `IMPLIED` where no layer mentions it. */
  place: number;
  readonly children: Map<string, TreeNode>;
  /** Sorted; made when asked for. */
  names: readonly string[] | undefined;
}

export const IMPLIED = -1;

export const treeDirectory = (): TreeDirectory => ({ place: IMPLIED, children: new Map(), names: undefined });

/** All names that a layer gives to one file. */
export interface Links {
  /** The number of the entry that has the file. */
  readonly first: number;
  readonly paths: string[];
}
