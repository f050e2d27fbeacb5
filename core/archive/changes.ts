import { lstatSync } from 'node:fs';
import { ChangeFinder, type ChangesOptions } from './change-finder.ts';
import { contentIn } from './content.ts';
import { DirectoryTree } from './directory-tree.ts';
import type { Entry, FileEntry, LayerIndex } from './entry.ts';
import type { FileTree } from './file-tree.ts';
import { pathOf } from './names.ts';
import { hostPath } from './paths.ts';
import { isSameContent } from './same-content.ts';
import { type ScanOptions, scanDirectory, scanUpper, type UpperOptions } from './scan-directory.ts';

/**
 * The one index for a change, however it was found. It holds
 *
 * - each path whose type, mode, owner, mtime, link target, device number, size, xattrs or bytes are not those of the layers below;
 * - the other names of such a file (hard links), also those that were there before;
 * - each directory on the way to such a path, so that whoever unpacks the layer alone gives it the right attributes;
 * - a whiteout for each path of the layers below that is gone, topmost only; never an opaque marker.
 *
 * The root's mtime does not count, and the root is never there because of what it holds: its times belong to whoever made the directory.
 */
export async function canonicalChanges(index: LayerIndex, lower: FileTree, options: ChangesOptions): Promise<LayerIndex> {
  return await new ChangeFinder(index, lower, options).find();
}

/** What an overlay's upper directory changes in the tree below it. @throws VarveError `OVERLAY_REDIRECT` */
export async function upperChanges(upper: string, lower: FileTree, options: UpperOptions = {}): Promise<LayerIndex> {
  const content = contentIn(upper);
  const isSame = async (file: FileEntry, below: FileEntry): Promise<boolean> => {
    await lower.open();
    return isSameContent(content(file), lower.content(below));
  };
  return await canonicalChanges(await scanUpper(upper, options), lower, { isSame, signal: options.signal });
}

/**
 * What makes one directory another: the same index that an overlay gives for the same changes.
 *
 * `since` spares reading: files of `upper` that agree in everything but bytes and whose ctime (nanoseconds) is older count as unchanged.
 * Take the ctime of a file that is made after the copy is complete.
 */
export async function diffTrees(
  lower: string,
  upper: string,
  { since, signal }: ScanOptions & { readonly since?: bigint | undefined } = {},
): Promise<LayerIndex> {
  const [above, below] = [contentIn(upper), contentIn(lower)];
  const isOld = ({ path }: FileEntry): boolean =>
    since !== undefined && lstatSync(pathOf(hostPath(upper, path)), { bigint: true }).ctimeNs < since;
  const isSame = (file: FileEntry, other: FileEntry): boolean => isOld(file) || isSameContent(above(file), below(other));
  // A whole tree is a layer that hides everything: what it does not have is gone.
  const index: Entry[] = [{ type: 'opaque', path: '' }, ...(await scanDirectory(upper, { signal }))];
  return await canonicalChanges(index, new DirectoryTree(lower), { isSame, signal });
}
