import { type MountInfo, mounts, unmount } from '@varve/core/system';

/** Unmounts binds of anything in these directories, wherever they are mounted. */
export async function unmountBindsOf(dirs: readonly string[]): Promise<void> {
  const all = mounts();
  const sources = dirs.flatMap((dir) => sourceOf(all, dir) ?? []);
  const stale = all.filter(({ type, root }) => sources.some((source) => source.type === type && isWithin(root, source.root)));
  for (const { target } of stale.reverse()) await unmount(target);
}

/** How mountinfo names a directory: by its path in its own file system. */
function sourceOf(all: readonly MountInfo[], dir: string): { readonly type: string; readonly root: string } | undefined {
  const holding = all.filter(({ target }) => isWithin(dir, target)).sort((a, b) => a.target.length - b.target.length);
  const last = holding.at(-1);
  if (last === undefined) return undefined;
  const below = last.target === '/' ? dir : dir.slice(last.target.length);
  return { type: last.type, root: `${last.root === '/' ? '' : last.root}${below}` };
}

const isWithin = (path: string, dir: string): boolean => dir === '/' || path === dir || path.startsWith(`${dir}/`);
