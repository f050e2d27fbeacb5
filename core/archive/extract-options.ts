import type { Attributes, Entry } from './entry.ts';

export interface ExtractOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * `apply`: `root` holds the layers below; whiteouts delete in it. `overlay`: `root` is this layer's own directory; whiteouts become what
   * an overlay mount takes for them.
   */
  readonly whiteouts: 'apply' | 'overlay';
  /**
   * With `overlay`: the attributes of a directory of the layers below, `undefined` where they have no directory. Directories that the
   * layer does not mention get them, and whiteouts where there is nothing to remove are told by it.
   */
  readonly below?: ((path: string) => Attributes | undefined) | undefined;
  /** `user.overlay.` instead of `trusted.overlay.`, for overlays mounted in a user namespace. */
  readonly userxattr?: boolean;
  /** `mine`: everything belongs to the current user, devices are left out; for those who may not change owners. Default `kept`. */
  readonly owners?: 'kept' | 'mine';
  /** Told about what the file system or the user's rights cannot hold and is left out: xattrs, devices. */
  readonly onSkip?: ((entry: Entry, reason: string) => void) | undefined;
}
