import { chmodSync, chownSync, mkdirSync, type Stats, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type Mount, VarveError } from '@varve/core';
import { type HostPlace, parentOf } from '@varve/core/archive';
import { makeNode, mount, unmount } from '@varve/core/system';

export interface Overlaying {
  /** Empty; it stays for as long as the mount. */
  readonly dir: string;
  /** What is written is thrown away with `dir`. */
  readonly isWritable: boolean;
}

/**
 * A mount that shows a directory of this host without what is hidden of it, or such that nothing that is written reaches it. `undefined`
 * where this host mounts no overlay on it: a copy has to do.
 */
export async function overlayPlace({ path, hidden }: HostPlace, { dir, isWritable }: Overlaying): Promise<Mount | undefined> {
  if (/[:,\\]/.test(path + dir)) return undefined; // each version of Linux wants them escaped in another way
  const veil = join(dir, 'veil');
  makeLike(path, veil);
  try {
    hide(path, { hidden, veil });
    const upper = (name: string): readonly string[] => {
      if (!isWritable) return ['ro'];
      makeLike(path, join(dir, `${name}-upper`));
      mkdirSync(join(dir, `${name}-work`), { mode: 0o700 });
      // What it holds ends with the step: nobody waits until it is on the disk.
      return [`upperdir=${join(dir, `${name}-upper`)}`, `workdir=${join(dir, `${name}-work`)}`, 'volatile'];
    };
    const request = (name: string) => ({
      type: 'overlay' as const,
      source: 'overlay',
      options: [`lowerdir=${veil}:${path}`, ...upper(name)],
    });
    await tryMount(request('first'), join(dir, 'first'));
    return request('real');
  } catch (failure) {
    if (VarveError.is(failure)) return undefined; // system calls say why not
    throw failure;
  }
}

/** An executor would only fail. */
async function tryMount(request: Mount, target: string): Promise<void> {
  mkdirSync(target);
  mount({ ...request, target });
  await unmount(target);
}

/** Whiteouts, in directories that look like those that they lie over. */
function hide(path: string, { hidden, veil }: { readonly hidden: readonly string[]; readonly veil: string }): void {
  const made = new Map<string, Stats>();
  const makeParents = (below: string): void => {
    if (below === '' || made.has(below)) return;
    makeParents(parentOf(below));
    made.set(below, makeLike(join(path, below), join(veil, below)));
  };
  for (const one of hidden) {
    makeParents(parentOf(one));
    makeNode(join(veil, one), { type: 'char', mode: 0 });
  }
  for (const [below, { atime, mtime }] of [...made].reverse()) utimesSync(join(veil, below), atime, mtime);
  const { atime, mtime } = statSync(path);
  utimesSync(veil, atime, mtime);
}

function makeLike(original: string, dir: string): Stats {
  const stats = statSync(original);
  mkdirSync(dir);
  chownSync(dir, stats.uid, stats.gid);
  chmodSync(dir, stats.mode & 0o7777);
  utimesSync(dir, stats.atime, stats.mtime);
  return stats;
}
