import {
  canonicalChanges,
  cleanPath,
  type Entry,
  type FileTree,
  isWithin,
  type LayerIndex,
  parentOf,
  resolvePath,
} from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import type { ContainerSpec } from '../state/container-record.ts';

/** Where every container has something mounted. */
const SYSTEM = ['proc', 'dev', 'sys', 'etc/hosts', 'etc/hostname', 'etc/resolv.conf'];

/**
 * Changes without the empty files and directories that only something was mounted on: they are there while a container runs, and stay when
 * its supervisor is killed, and are nobody's change. No process can have made them, since each has the mount in front of it.
 */
export async function withoutMountPoints(
  index: LayerIndex,
  lower: FileTree,
  { spec, signal }: Abortable & { readonly spec: ContainerSpec },
): Promise<LayerIndex> {
  const targets = [...SYSTEM, ...spec.mounts.map(({ target }) => cleanPath(target))].map((path) => resolvePath(lower, path).path);
  const kept = new Map(index.values().map((entry) => [entry.path, entry]));
  const cwd = cleanPath(spec.config.WorkingDir ?? '');
  for (const target of targets)
    for (let path = target; path !== '' && isMade(kept.get(path), lower) && isEmpty(path, kept); path = parentOf(path)) {
      if (path !== target && isWithin(cwd, path)) break; // the working directory is made to stay
      kept.delete(path);
    }
  if (kept.size === index.length) return index;
  // Directories that were only on the way to what is gone now go, too
  return await canonicalChanges([...kept.values()], lower, { isSame: () => false, signal });
}

function isMade(entry: Entry | undefined, lower: FileTree): boolean {
  if (entry === undefined || lower.get(entry.path) !== undefined) return false;
  return entry.type === 'directory' || (entry.type === 'file' && entry.size === 0);
}

const isEmpty = (path: string, kept: ReadonlyMap<string, Entry>): boolean =>
  ![...kept.keys()].some((other) => other !== path && isWithin(other, path));
