import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount } from '../src/index.ts';
import { mountAll, plainDirectory, uniqueName, unmount } from '../system/index.ts';

/** A snapshot that can be looked into. */
export interface SnapshotView extends AsyncDisposable {
  /** Absolute directory that shows it. */
  readonly root: string;
}

/** Shows a driver's mounts below `dir`. One writable bind needs no mount, so that drivers can be tried without root. */
export async function showSnapshot(mounts: readonly Mount[], dir: string): Promise<SnapshotView> {
  const plain = mounts.some(({ options }) => options.includes('ro')) ? undefined : plainDirectory(mounts);
  if (plain !== undefined) return { root: plain, [Symbol.asyncDispose]: async () => {} };
  const root = join(dir, `view-${uniqueName()}`);
  mkdirSync(root, { recursive: true });
  mountAll(mounts, root);
  return { root, [Symbol.asyncDispose]: () => unmount(root) };
}
