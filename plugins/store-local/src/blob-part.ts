import { rmSync } from 'node:fs';
import type { Digest } from '@varve/core/image';
import { lock } from '@varve/core/system';
import type { StoreRoot } from './store-root.ts';

/** The right to bring in a blob, held by one caller at a time among all processes. */
export interface LockedPart extends AsyncDisposable {
  /** Holds the beginning of the blob, where some came. */
  readonly file: string;
  /** The blob is here: neither the part nor the lock is needed any more. */
  isDone: boolean;
}

/** Waits until nobody else brings this blob in. A process that ends, however, lets go. */
export async function lockPart(root: StoreRoot, digest: Digest, signal?: AbortSignal): Promise<LockedPart> {
  const file = root.part(digest);
  const name = `${file}.lock`;
  const held = await lock(name, { signal });
  return {
    file,
    isDone: false,
    async [Symbol.asyncDispose](this: LockedPart) {
      if (this.isDone) for (const path of [file, name]) rmSync(path, { force: true }); // before others get the lock: they find the blob
      held.release();
    },
  };
}
