import { memberSize } from './encode-member.ts';
import type { LayerIndex } from './entry.ts';
import { NO_OFFSET } from './entry-columns.ts';
import { type PackedIndex, packIndex } from './packed-index.ts';
import { targetAttributes } from './target-attributes.ts';
import { BLOCK, blocksOf } from './ustar.ts';

/** Two zero blocks end a tar. */
export const END_OF_TAR = 2 * BLOCK;

/** Bytes of the tar that `writeTar` makes of an index. */
export const tarSize = (index: LayerIndex): number => layOut(index, () => undefined);

/** The index with each file's `offset` in the tar that `writeTar` makes of it. */
export function withOffsets(index: LayerIndex): PackedIndex {
  const offsets = new Float64Array(index.length).fill(NO_OFFSET);
  layOut(index, (row, offset) => {
    offsets[row] = offset;
  });
  return packIndex(index).withOffsets(offsets);
}

/** Tells where each file's content starts; returns how long the tar is. */
function layOut(index: LayerIndex, place: (row: number, offset: number) => void): number {
  const attributesOf = targetAttributes(index);
  let at = 0;
  let row = 0;
  for (const entry of index) {
    at += memberSize(entry, attributesOf(entry));
    if (entry.type === 'file') {
      place(row, at);
      at += blocksOf(entry.size);
    }
    row++;
  }
  return at + END_OF_TAR;
}
