import { impliedDirectory } from '../archive/implied-directory.ts';
import type { Content, Entry, FileEntry, LayerIndex, NodeEntry } from '../archive/index.ts';
import { childPath, compareEntries } from '../archive/index.ts';
import { composeLayer } from './compose-layer.ts';
import type { LayerID } from './digest.ts';
import type { Abortable, Layer } from './layer.ts';
import { once } from './once.ts';

export interface MergeOptions {
  /** The merged layer stands on nothing, so there is nothing that whiteouts could hide. */
  readonly dropWhiteouts?: boolean;
}

/**
 * One layer that stands for several, bottom first: laid over whatever they were laid over, it gives the same files. Lazy: indexes are
 * read when its index is asked for, and contents stay where they are. A directory that was removed and made again, or that was
 * something else in between, becomes opaque: what lies below the stack is not known here.
 */
export function mergeLayers(id: LayerID, layers: readonly Layer[], { dropWhiteouts = false }: MergeOptions = {}): Layer {
  const merge = once(async (options?: Abortable) => {
    const root = new Place();
    for (const [number, layer] of layers.entries()) addLayer(root, number, await layer.index(options));
    return flatten(root, dropWhiteouts);
  });
  const compose = once(async (options?: Abortable) => {
    const { index, origins } = await merge(options);
    return composeLayer(id, index, await contentOf(layers, origins, options));
  });
  return {
    id,
    index: async (options) => (await merge(options)).index,
    contents: async (options) => (await compose(options)).contents(options),
    tar: (options) => later(async () => (await compose(options)).tar(options)),
    size: async (options) => (await compose(options)).size(options),
    diffId: async (options) => (await compose(options)).diffId(options),
  };
}

/** One file of one layer, whatever the number of its names. */
interface Inode {
  readonly node: NodeEntry;
  readonly layer: number;
}

/** A path of the merged filesystem. */
class Place {
  readonly children = new Map<string, Place>();
  inode: Inode | undefined;
  /** What is below the stack at this path is hidden: all of it, or what the directory holds. */
  hides: 'nothing' | 'path' | 'content' = 'nothing';

  get isGone(): boolean {
    return this.hides === 'path' && this.inode === undefined && this.children.size === 0;
  }
  /** Something other than a directory, which hides what lies below whatever it is. */
  get isFile(): boolean {
    return this.inode !== undefined && this.inode.node.type !== 'directory';
  }
  /** Turns what is no directory into one, in which nothing from below shows. */
  becomeDirectory(): void {
    if (this.isFile) this.inode = undefined;
    else if (!this.isGone) return;
    this.hides = 'content';
  }
  clear(hides: 'path' | 'content'): void {
    this.children.clear();
    if (hides === 'path') this.inode = undefined;
    this.hides = hides;
  }
  set(inode: Inode): void {
    if (inode.node.type === 'directory') this.becomeDirectory();
    else this.clear('path');
    this.inode = inode;
  }
}

function addLayer(root: Place, layer: number, index: LayerIndex): void {
  const inodes = new Map<string, Inode>();
  for (const entry of index) {
    if (entry.type === 'whiteout') placeAt(root, entry.path).clear('path');
    else if (entry.type === 'opaque') {
      const place = placeAt(root, entry.path);
      place.becomeDirectory();
      place.clear('content');
    } else {
      const inode = entry.type === 'hardlink' ? inodes.get(entry.target) : { node: entry, layer };
      if (inode === undefined) continue; // an index in canonical form has none
      inodes.set(entry.path, inode);
      placeAt(root, entry.path).set(inode);
    }
  }
}

/** Finds or makes a path. What is in the way is replaced by directories, for whiteouts too, as extracting the layer would do. */
function placeAt(root: Place, path: string): Place {
  let place = root;
  if (path === '') return place;
  for (const name of path.split('/')) {
    place.becomeDirectory();
    const child = place.children.get(name) ?? new Place();
    place.children.set(name, child);
    place = child;
  }
  return place;
}

interface Origin {
  readonly layer: number;
  readonly file: FileEntry;
}
interface Merged {
  readonly index: LayerIndex;
  /** Where the files of the index come from, by path. */
  readonly origins: ReadonlyMap<string, Origin>;
}

interface Named {
  readonly entry: Entry;
  readonly inode?: Inode;
}

function flatten(root: Place, dropWhiteouts: boolean): Merged {
  const found: Named[] = [];
  const visit = (place: Place, path: string, hidden: boolean): void => {
    const { inode, hides, children, isGone } = place;
    const isHidden = hidden || dropWhiteouts;
    if (inode !== undefined) found.push({ entry: { ...inode.node, path }, inode });
    else if (isHidden && !isGone && path !== '') found.push({ entry: impliedDirectory(path) });
    if (hides === 'content' && !isHidden) found.push({ entry: { type: 'opaque', path } });
    if (isGone && !isHidden) found.push({ entry: { type: 'whiteout', path } });
    for (const [name, child] of children) visit(child, childPath(path, name), hidden || hides !== 'nothing');
  };
  visit(root, '', false);
  return linkNames(found.sort((a, b) => compareEntries(a.entry, b.entry)));
}

/** The first name of a file carries it, its other names are hard links to that. */
function linkNames(sorted: readonly Named[]): Merged {
  const first = new Map<Inode, string>();
  const origins = new Map<string, Origin>();
  const index = sorted.map(({ entry, inode }): Entry => {
    if (entry.type !== 'file' || inode?.node.type !== 'file') return entry;
    const target = first.get(inode);
    if (target !== undefined) return { type: 'hardlink', path: entry.path, target };
    first.set(inode, entry.path);
    origins.set(entry.path, { layer: inode.layer, file: inode.node });
    const { offset: _, ...withoutOffset } = entry;
    return withoutOffset;
  });
  return { index, origins };
}

async function contentOf(
  layers: readonly Layer[],
  origins: ReadonlyMap<string, Origin>,
  options?: Abortable,
): Promise<(file: FileEntry) => Content> {
  const opened = new Map<number, (file: FileEntry) => Content>();
  for (const number of new Set([...origins.values()].map(({ layer }) => layer))) {
    const contents = await layers[number]?.contents(options);
    if (contents !== undefined) opened.set(number, contents);
  }
  return ({ path }) => {
    const origin = origins.get(path);
    const content = origin && opened.get(origin.layer)?.(origin.file);
    if (content === undefined) throw new Error(`${path} is no file of this layer`);
    return content;
  };
}

async function* later(open: () => Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* await open();
}
