import { childPath, type Entry, type FileTree, type LayerIndex, normaliseIndex, type WhiteoutEntry } from '@varve/core/archive';

/**
 * The same layer as a canonical change of its base: whiteouts only for paths that the base has, and no opaque markers.
 *
 * What was made in one layer and removed in the next leaves a whiteout, and what was removed and made again an opaque directory, as long
 * as nobody looks at the layers below.
 */
export function removeNeedlessMarks(index: LayerIndex, base: FileTree): LayerIndex {
  const hasMarks = index.values().some(({ type }) => type === 'whiteout' || type === 'opaque');
  if (!hasMarks) return index;
  const made = new Map(index.values().flatMap((entry) => (isNode(entry) ? [[entry.path, entry] as const] : [])));
  return normaliseIndex(
    [...index].flatMap((entry): readonly Entry[] => {
      if (entry.type === 'opaque') return whiteoutsIn(entry.path, base, made);
      return entry.type === 'whiteout' && base.get(entry.path) === undefined ? [] : [entry];
    }),
  );
}

const isNode = ({ type }: Entry): boolean => type !== 'whiteout' && type !== 'opaque';

/** Whiteouts for what the base has in a directory and the layer does not make anew. */
function whiteoutsIn(dir: string, base: FileTree, made: ReadonlyMap<string, Entry>): readonly WhiteoutEntry[] {
  return base.list(dir).flatMap((name): readonly WhiteoutEntry[] => {
    const path = childPath(dir, name);
    const entry = made.get(path);
    if (entry === undefined) return [{ type: 'whiteout', path }];
    return entry.type === 'directory' ? whiteoutsIn(path, base, made) : [];
  });
}
