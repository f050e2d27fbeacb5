import { basename, dirname } from 'node:path';
import { type Content, DirectoryTree, extractLayer, type FileEntry, type LayerIndex, type NodeEntry, walk } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';

/** Files that are about to be written elsewhere. `''` is what was asked for itself. */
export interface Files {
  readonly index: readonly NodeEntry[];
  content(file: FileEntry): Content;
}

/** A file or directory of this host. @returns nothing where there is none */
export function readTree(path: string): Files {
  const isRoot = path === '/' || dirname(path) === path;
  const tree = new DirectoryTree(isRoot ? path : dirname(path));
  const top = isRoot ? '' : basename(path);
  const files = new Map<string, FileEntry>();
  const index = [...walk(tree, top)].map((entry) => {
    const inside = entry.path.slice(top.length).replace(/^\//, '');
    if (entry.type === 'file') files.set(inside, entry);
    return { ...entry, path: inside };
  });
  return { index, content: (file) => tree.content(files.get(file.path) ?? file) };
}

/** The same under a name. */
export function renamed({ index, content }: Files, name: string): Files {
  const prefix = (path: string): string => (path === '' ? name : `${name}/${path}`);
  return {
    index: index.map((entry) => ({ ...entry, path: prefix(entry.path) })),
    content: (file) => content({ ...file, path: file.path.slice(name.length).replace(/^\//, '') }),
  };
}

export const ownedBy = ({ index, content }: Files, owner: { readonly uid: number; readonly gid: number }): Files => ({
  index: index.map((entry) => ({ ...entry, ...owner })),
  content,
});

/** Writes them into a directory; what is there already stays where nothing of the same name comes. */
export async function writeTree(
  files: { readonly index: LayerIndex; content(file: FileEntry): Content },
  dir: string,
  { signal }: Abortable,
): Promise<void> {
  const owners = process.getuid?.() === 0 ? 'kept' : 'mine';
  await extractLayer(files.index, (file) => files.content(file), dir, { whiteouts: 'apply', owners, signal });
}
