import type { LayerIndex } from './entry.ts';

/** Bytes of the tar that `writeTar` makes of an index. */
export function tarSize(index: LayerIndex): number {
  throw new Error(`Not written yet ${index}`);
}

/** The index with each file's `offset` in the tar that `writeTar` makes of it. */
export function withOffsets(index: LayerIndex): LayerIndex {
  throw new Error(`Not written yet ${index}`);
}
