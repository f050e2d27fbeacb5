import { chmodSync, chownSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { RunMount } from '@varve/core';
import type { Abortable } from '@varve/core/image';
import { digestOf, hexOf } from '@varve/core/image';
import { type FileLock, lock, removeTree, tryLock } from '@varve/core/system';

export type CacheMount = RunMount & { readonly type: 'cache' };

/** A directory that outlives builds, held for as long as a process uses it. */
export interface HeldDirectory {
  readonly path: string;
  readonly held: FileLock;
}

export interface CacheOptions extends Abortable {
  /** Root of the store. */
  readonly root: string;
  /** Fills a directory that is new. */
  fill(dir: string): Promise<void>;
}

/** `shared`: with others; `locked`: one after the other; `private`: another directory where this one is in use. */
export async function holdCache(mount: CacheMount, options: CacheOptions): Promise<HeldDirectory> {
  const home = join(options.root, 'cache-mounts', hexOf(digestOf(mount.id)).slice(0, 32));
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (mount.sharing === 'private') return await holdFree(mount, home, options);
  const held = await lock(join(home, '0.lock'), { shared: mount.sharing === 'shared', signal: options.signal });
  return await opened(mount, { home, name: '0', held }, options);
}

async function holdFree(mount: CacheMount, home: string, options: CacheOptions): Promise<HeldDirectory> {
  for (let slot = 0; ; slot++) {
    const held = tryLock(join(home, `${slot}.lock`));
    if (held !== undefined) return await opened(mount, { home, name: String(slot), held }, options);
  }
}

interface Slot {
  readonly home: string;
  readonly name: string;
  readonly held: FileLock;
}

async function opened(mount: CacheMount, { home, name, held }: Slot, options: CacheOptions): Promise<HeldDirectory> {
  const path = join(home, name);
  try {
    if (!existsSync(path)) await make(mount, path, options);
  } catch (error) {
    held.release();
    throw error;
  }
  return { path, held };
}

/** Under a lock of its own: holders of the directory may share it. It appears whole or not at all. */
async function make(mount: CacheMount, path: string, { fill, signal }: CacheOptions): Promise<void> {
  using _making = await lock(`${path}.make`, { signal });
  if (existsSync(path)) return;
  const fresh = `${path}.new`;
  await removeTree(fresh);
  mkdirSync(fresh);
  await fill(fresh);
  chmodSync(fresh, mount.mode);
  if (process.getuid?.() === 0) chownSync(fresh, mount.uid, mount.gid);
  renameSync(fresh, path);
}
