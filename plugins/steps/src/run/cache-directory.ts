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
  /** What `nameCache` said. */
  readonly name: string;
  /** Fills a directory that is new. */
  fill(dir: string): Promise<void>;
}

/**
 * Which cache a mount means. One that belongs to another user, or begins with other files, is another, as for BuildKit: otherwise whoever
 * comes second finds what he cannot use. `base`: digest of the files that it begins with.
 */
export const nameCache = ({ id, uid, gid, mode }: CacheMount, base: string | undefined): string =>
  hexOf(digestOf(JSON.stringify([id, uid, gid, mode, base ?? null]))).slice(0, 32);

/** `shared`: with others; `locked`: one after the other; `private`: another directory where this one is in use. */
export async function holdCache(mount: CacheMount, options: CacheOptions): Promise<HeldDirectory> {
  const home = join(options.root, 'cache-mounts', options.name);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (mount.sharing === 'private') return await holdFree(mount, home, options);
  const held = await lock(join(home, '0.lock'), { shared: mount.sharing === 'shared', signal: options.signal });
  return await opened(mount, { home, slot: '0', held }, options);
}

async function holdFree(mount: CacheMount, home: string, options: CacheOptions): Promise<HeldDirectory> {
  for (let slot = 0; ; slot++) {
    const held = tryLock(join(home, `${slot}.lock`));
    if (held !== undefined) return await opened(mount, { home, slot: String(slot), held }, options);
  }
}

interface Slot {
  readonly home: string;
  readonly slot: string;
  readonly held: FileLock;
}

async function opened(mount: CacheMount, { home, slot, held }: Slot, options: CacheOptions): Promise<HeldDirectory> {
  const path = join(home, slot);
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
