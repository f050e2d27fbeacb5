import type { Content, FileEntry, LayerIndex } from './entry.ts';
import type { ExtractOptions } from './extract-options.ts';
import { LayerExtractor } from './layer-extractor.ts';
import { normaliseIndex } from './normalise-index.ts';
import { Pacer } from './pacer.ts';

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
  const entries = normaliseIndex(index);
  await using extractor = new LayerExtractor(root, content, { ...options, count: entries.length });
  for (const entry of entries) {
    if (pacer.isDue) await pacer.rest();
    extractor.add(entry);
  }
  await extractor.finish();
}
