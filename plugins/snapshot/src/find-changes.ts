import { chmodSync } from 'node:fs';
import {
  canonicalChanges,
  contentIn,
  diffTrees,
  type Entry,
  type FileEntry,
  type FileTree,
  isSameContent,
  type LayerIndex,
  scanDirectory,
} from '@varve/core/archive';
import type { Abortable, ChainID } from '@varve/core/image';
import type { MountedWorkspace, WorkspaceParts } from './mounted-workspace.ts';
import { withMounts, withView } from './mounted-workspace.ts';
import { rootOwned } from './root-owned.ts';
import { splitOldLinks } from './split-links.ts';

/**
 * What changed in an open workspace, as the one index that says it: a driver that knows its changes is asked for them, of others the two
 * trees are compared. `from` is the directory with the changed files.
 */
export async function findChanges(
  opened: Opened,
  lower: FileTree,
  options: Abortable & { readonly parts: WorkspaceParts; readonly from: string },
): Promise<LayerIndex> {
  const { parts, from, signal } = options;
  const changes = await parts.driver.changes?.(opened.key, { signal });
  if (changes !== undefined) return await canonicalChanges(changes, lower, { isSame: sameIn(from, lower), signal });
  const { parent, openedAt } = opened;
  const compare =
    (root: string) =>
    async (below: string): Promise<LayerIndex> => {
      const found = await diffTrees(below, root, { since: openedAt, signal });
      return splitOldLinks(rootOwned(withRootTime(found, lower)), lower, { root, openedAt });
    };
  return await withRoot(opened, parts, async (root) => await withLower(parent, parts, compare(root)));
}

/** A snapshot that was opened, shown or not. */
export interface Opened extends Pick<MountedWorkspace, 'key' | 'parent' | 'openedAt'> {
  readonly root?: string | undefined;
}

async function withRoot<T>({ key, root }: Opened, parts: WorkspaceParts, look: (root: string) => Promise<T>): Promise<T> {
  if (root !== undefined) return await look(root);
  return await withMounts(await parts.driver.mounts(key), parts, look);
}

const withLower = async <T>(parent: ChainID | null, parts: WorkspaceParts, look: (root: string) => Promise<T>): Promise<T> =>
  parent === null ? await withEmpty(parts, look) : await withView(parent, parts, look);

/** The root's time does not count, but where there is a root in the index it has one: that of the layers below, on every driver. */
function withRootTime(index: LayerIndex, lower: FileTree): LayerIndex {
  const mtime = lower.get('')?.mtime ?? { seconds: 0, nanoseconds: 0 };
  return [...index].map((entry) => (entry.path === '' && entry.type === 'directory' ? { ...entry, mtime } : entry));
}

/** What a committed snapshot changes in the tree below it. */
export async function findCommitted(
  name: ChainID,
  lower: FileTree,
  options: Abortable & { readonly parts: WorkspaceParts },
): Promise<LayerIndex> {
  const { parts, signal } = options;
  return await withView(name, parts, async (root) => {
    const whole: readonly Entry[] = [{ type: 'opaque', path: '' }, ...rootOwned(await scanDirectory(root, { signal }))];
    return await canonicalChanges(whole, lower, { isSame: sameIn(root, lower), signal });
  });
}

/** Asked only about files that agree in everything else. */
const sameIn =
  (dir: string, lower: FileTree) =>
  async (file: FileEntry, below: FileEntry): Promise<boolean> => {
    await lower.open();
    return isSameContent(contentIn(dir)(file), lower.content(below));
  };

async function withEmpty<T>({ mountPoints }: WorkspaceParts, look: (dir: string) => Promise<T>): Promise<T> {
  const dir = mountPoints.make();
  try {
    chmodSync(dir, 0o755); // as the root of a snapshot on nothing
    return await look(dir);
  } finally {
    mountPoints.drop(dir);
  }
}
