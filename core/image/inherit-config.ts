import type { HistoryRow, ImageConfig } from './config.ts';

/** What an image built on another has of it; the rest (`container_config`, caches of other builders) says how that one was made. */
const INHERITED = new Set(['created', 'author', 'architecture', 'variant', 'os', 'os.version', 'os.features', 'config', 'history']);

/** The config that a build on an image with so many layers starts with. Its rows without `empty_layer` stand for the layers. */
export function inheritConfig(config: ImageConfig, layers: number): ImageConfig {
  const inherited = Object.fromEntries(Object.entries(config).filter(([name]) => INHERITED.has(name)));
  return { ...(inherited as ImageConfig), history: alignHistory(config, layers) }; // all that the type asks for is inherited
}

/** In images from elsewhere rows may be missing, which are added at the end, or too many say that they have a layer. */
function alignHistory({ history, created }: ImageConfig, layers: number): readonly HistoryRow[] {
  let left = layers;
  const rows = history.map((row) => (row.empty_layer || left-- > 0 ? row : { ...row, empty_layer: true }));
  const missing: HistoryRow = { ...(created !== undefined && { created }), comment: 'not in the history of the image' };
  return left > 0 ? [...rows, ...Array<HistoryRow>(left).fill(missing)] : rows;
}
