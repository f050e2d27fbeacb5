import type { FileEntry, LayerIndex } from './entry.ts';
import type { FileTree } from './file-tree.ts';
import type { ScanOptions } from './scan-directory.ts';

/** Whether a file has the bytes of the file below it; asked only where everything else is equal. */
export type IsSameContent = (upper: FileEntry, lower: FileEntry) => boolean | Promise<boolean>;

/**
 * The one index for a change, however it was found. It holds
 *
 * - each path whose type, mode, owner, mtime, link target, device number, size, xattrs or bytes are not those of the layers below;
 * - each directory on the way to such a path, so that whoever unpacks the layer alone gives it the right attributes;
 * - a whiteout for each path of the layers below that is gone, topmost only; never an opaque marker.
 *
 * The root's own mtime does not count: it belongs to whoever made the directory.
 */
export async function canonicalChanges(
  index: LayerIndex,
  lower: FileTree,
  isSameContent: IsSameContent,
): Promise<LayerIndex> {
  throw new Error(`Not written yet ${index} ${lower} ${isSameContent}`);
}

/** What an overlay's upper directory changes in the tree below it. @throws VarveError `OVERLAY_REDIRECT` */
export async function upperChanges(
  upper: string,
  lower: FileTree,
  options: ScanOptions & { readonly userxattr?: boolean } = {},
): Promise<LayerIndex> {
  throw new Error(`Not written yet ${upper} ${lower} ${options}`);
}

/**
 * What makes one directory another: the same index that an overlay gives for the same changes.
 *
 * `since` spares reading: files of `upper` that agree in everything but bytes and whose ctime (nanoseconds) is older count as unchanged.
 * Take the ctime of a file made after the copy was complete.
 */
export async function diffTrees(
  lower: string,
  upper: string,
  options: ScanOptions & { readonly since?: bigint | undefined } = {},
): Promise<LayerIndex> {
  throw new Error(`Not written yet ${lower} ${upper} ${options}`);
}
