import { VarveError } from '@varve/core';
import { type HostPlace, isWithin } from '@varve/core/archive';
import { mounts } from '@varve/core/system';
import { walkPicked } from '../copy/walk-picked.ts';
import type { MountSource } from './mount-source.ts';

/**
 * The file or directory of this host that a process may be shown as it is, but for what is hidden, without a copy: files have the owners
 * that a copy would have, and no other file system is mounted in it. `undefined`: a copy has to do.
 */
export function shownDirectly({ tree, picked }: MountSource): HostPlace | undefined {
  const place = tree.hostPlace?.(picked.entry.path);
  if (place === undefined) return undefined;
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  for (const { entry } of walkPicked(tree, picked, undefined)) if (entry.uid !== uid || entry.gid !== gid) return undefined;
  return mounts().some(({ target }) => target !== place.path && isWithin(target, place.path)) ? undefined : place;
}

/** A result of files that changed meanwhile would be taken for that of those before. @throws VarveError `SOURCE_CHANGED` */
export function refuseChanged({ tree, picked }: MountSource): void {
  const changed = tree.whatChanged?.(picked.entry.path);
  if (changed === undefined) return;
  throw new VarveError('SOURCE_CHANGED', `/${changed} changed while a process read it`, {
    hint: 'Build again once nothing writes to the build context.',
  });
}
