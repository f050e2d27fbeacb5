import type { DirectoryEntry } from './entry.ts';

/** The directory that a layer needs and does not mention, where the layers below have none either. */
export const impliedDirectory = (path: string): DirectoryEntry => ({
  type: 'directory',
  path,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: { seconds: 0, nanoseconds: 0 },
});
