import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount } from '../src/index.ts';
import { mount, uniqueName, unmount } from '../system/index.ts';

/** A snapshot that can be looked into. */
export interface SnapshotView extends AsyncDisposable {
  /** Absolute directory that shows it. */
  readonly root: string;
}

/** Shows a driver's mounts below `dir`. One writable bind needs no mount, so that drivers can be tried without root. */
export async function showSnapshot(mounts: readonly Mount[], dir: string): Promise<SnapshotView> {
  const [only] = mounts;
  if (mounts.length === 1 && only?.type === 'bind' && !only.options.includes('ro'))
    return { root: only.source, [Symbol.asyncDispose]: async () => {} };
  const root = join(dir, `view-${uniqueName()}`);
  mkdirSync(root, { recursive: true });
  for (const one of mounts) mountIn(one, root);
  return { root, [Symbol.asyncDispose]: () => unmount(root) };
}

/** Options may be relative to a directory; nothing else runs in this process while it is there. */
function mountIn({ cwd, ...request }: Mount, target: string): void {
  const before = process.cwd();
  if (cwd !== undefined) process.chdir(cwd);
  try {
    mount({ ...request, target });
  } finally {
    process.chdir(before);
  }
}
