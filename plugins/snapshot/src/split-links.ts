import { lstatSync } from 'node:fs';
import { type Entry, type FileTree, hostPath, type LayerIndex, pathOf } from '@varve/core/archive';

export interface SplitOptions {
  /** Directory that shows the changed files. */
  readonly root: string;
  /** Nanoseconds since 1970: files that are not younger were there before the step. */
  readonly openedAt: bigint;
}

/**
 * Where all names of an old file changed with it (`chown -R`), each becomes a file of its own, as on an overlay, which parts them when
 * they are changed. So a layer does not depend on the driver.
 */
export function splitOldLinks(index: LayerIndex, lower: FileTree, { root, openedAt }: SplitOptions): LayerIndex {
  if (!index.values().some(({ type }) => type === 'hardlink')) return index;
  const files = new Map(index.values().map((entry) => [entry.path, entry]));
  const isOld = (path: string): boolean => lstatSync(pathOf(hostPath(root, path)), { bigint: true }).birthtimeNs <= openedAt;
  return [...index].map((entry): Entry => {
    if (entry.type !== 'hardlink') return entry;
    const { path, target } = entry;
    const [own, other] = [lower.get(path), lower.get(target)];
    const isOneBelow = own?.type === 'file' && other?.type === 'file' && isSame(lower.identity(own), lower.identity(other));
    const file = files.get(target);
    return isOneBelow && isOld(path) && file?.type === 'file' ? { ...file, path } : entry;
  });
}

const isSame = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a === b;
