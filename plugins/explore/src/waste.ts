import type { LayerIndex } from '@varve/core/archive';

/** Bytes of a lower layer that nobody sees any more. */
export interface Waste {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  /** Numbers of layers, bottom is 1. */
  readonly layer: number;
  readonly by: number;
  readonly how: 'overwritten' | 'deleted';
}

interface Place {
  readonly children: Map<string, Place>;
  /** The file that is seen here. */
  file?: { readonly size: number; readonly layer: number } | undefined;
}

/** What later layers overwrite or delete of the files of earlier ones, largest first. A file written again as it was counts, too. */
export function wasteIn(indexes: readonly LayerIndex[]): readonly Waste[] {
  const root: Place = { children: new Map() };
  const wasted: Waste[] = [];
  for (const [i, index] of indexes.entries()) {
    const layer = i + 1;
    const lose = (place: Place, path: string, how: Waste['how']) => {
      const { file } = place;
      if (file !== undefined && file.layer !== layer && file.size > 0)
        wasted.push({ path: `/${path}`, size: file.size, layer: file.layer, by: layer, how });
      place.file = undefined;
      for (const [name, child] of place.children) lose(child, path === '' ? name : `${path}/${name}`, 'deleted');
      place.children.clear();
    };
    for (const entry of index) {
      const place = placeAt(root, entry.path);
      if (entry.type === 'whiteout' || entry.type === 'opaque') lose(place, entry.path, 'deleted');
      else if (entry.type !== 'directory') lose(place, entry.path, 'overwritten');
      if (entry.type === 'file') place.file = { size: entry.size, layer };
    }
  }
  return wasted.sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1));
}

function placeAt(root: Place, path: string): Place {
  let place = root;
  for (const name of path === '' ? [] : path.split('/')) {
    const child: Place = place.children.get(name) ?? { children: new Map() };
    place.children.set(name, child);
    place = child;
  }
  return place;
}
