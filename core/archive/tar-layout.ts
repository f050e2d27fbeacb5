import { encodeMember } from './encode-member.ts';
import type { LayerIndex } from './entry.ts';
import { targetAttributes } from './target-attributes.ts';
import { BLOCK, blocksOf } from './ustar.ts';

/** Two zero blocks end a tar. */
export const END_OF_TAR = 2 * BLOCK;

/** Bytes of the tar that `writeTar` makes of an index. */
export const tarSize = (index: LayerIndex): number => layOut(index).size;

/** The index with each file's `offset` in the tar that `writeTar` makes of it. */
export const withOffsets = (index: LayerIndex): LayerIndex => layOut(index).index;

function layOut(index: LayerIndex): { readonly index: LayerIndex; readonly size: number } {
  const attributesOf = targetAttributes(index);
  let at = 0;
  const placed = index.map((entry) => {
    at += encodeMember(entry, attributesOf(entry)).length;
    if (entry.type !== 'file') return entry;
    const offset = at;
    at += blocksOf(entry.size);
    return { ...entry, offset };
  });
  return { index: placed, size: at + END_OF_TAR };
}
