import type { LayerIndex } from '@varve/core/archive';

/**
 * Without root every file belongs to the user who builds; in an image what is theirs is root's, as it would be had root built it. The
 * same index for root.
 */
export function rootOwned(index: LayerIndex): LayerIndex {
  const [user, group] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (user === 0) return index;
  return [...index].map((entry) =>
    'uid' in entry ? { ...entry, uid: entry.uid === user ? 0 : entry.uid, gid: entry.gid === group ? 0 : entry.gid } : entry,
  );
}
