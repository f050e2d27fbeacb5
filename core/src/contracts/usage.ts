import type { Abortable } from '../../image/index.ts';
import type { ImageRecord } from './store.ts';

/** Something that a plugin keeps on disk. Items and what they need form a graph over all plugins. */
export interface StoredItem {
  /** Unique among all items: `layer/sha256:…`, `snapshot/…`, `container/…`. */
  readonly id: string;
  /** Other ids that the same item is needed under: `directory/<path>`. */
  readonly aliases?: readonly string[] | undefined;
  /** `image`, `container`, `volume`, or what the build cache consists of: `step`, `layer`, `snapshot`, `cache-mount`, `leftover`. */
  readonly kind: string;
  /** As shown to the user. */
  readonly title: string;
  /** Bytes that its files and directories take on disk (`st_blocks`), without those of other items. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  /** Ids of items without which this one is of no use. Unknown ids are ignored. */
  readonly needs: readonly string[];
  /** Why no collection takes it, whatever the budget: `is called acme/app:1`, `was made by a user`. */
  readonly held?: string | undefined;
  /** Somebody works with it right now: `is running`. What an image needs that an active container uses is active too. */
  readonly active?: string | undefined;
}

/** Knows what a plugin keeps on disk; contributed to `KEEPERS`. */
export interface Keeper {
  readonly name: string;
  items(options?: Abortable): Promise<readonly StoredItem[]>;
  /**
   * Removes items of its own that nothing needs any more. Idempotent, and safe when killed at any moment. What turns out to be in use
   * stays.
   */
  remove(ids: readonly string[], options?: Abortable): Promise<void>;
}

/** Somebody who works with an image: as long as there is one it is not removed, and loses its names only where that is forced. */
export interface ImageUse {
  /** As shown to the user: `container 3f2a1b…`. */
  readonly name: string;
  /** It runs right now. */
  readonly isActive: boolean;
}

/** Knows who works with images; contributed to `IMAGE_USERS`. Asked before an image is removed, so it is cheap: no file is measured. */
export interface ImageUsers {
  of(image: ImageRecord): Promise<readonly ImageUse[]>;
}
