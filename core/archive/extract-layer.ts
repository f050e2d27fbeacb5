import type { Attributes, Content, Entry, FileEntry, LayerIndex } from './entry.ts';
import { LayerExtractor } from './layer-extractor.ts';
import { normaliseIndex } from './normalise-index.ts';
import { Pacer } from './pacer.ts';

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

/**
 * Writes a layer into a directory that nobody else is writing to. No symlink is followed, neither of the layer nor of what is there
 * already: a directory that the layer needs and that is something else is replaced. Directories in between that the layer does not
 * mention keep their times.
 *
 * @throws VarveError `SOURCE_CHANGED`, `SYSTEM_…`, `LAYER_DEVICE` for a char device 0:0, which overlays take for a whiteout
 */
export async function extractLayer(
  index: LayerIndex,
  content: (file: FileEntry) => Content,
  root: string,
  options: ExtractOptions,
): Promise<void> {
  const pacer = new Pacer(options.signal);
  using extractor = new LayerExtractor(root, content, options);
  for (const entry of normaliseIndex(index)) {
    if (pacer.isDue) await pacer.rest();
    extractor.add(entry);
  }
  extractor.finish();
}
