import { extractLayer, type FileEntry } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';
import { walkPicked } from '../copy/walk-picked.ts';
import type { MountSource } from './mount-source.ts';

/** What a file is called in its directory; nothing else is in there. */
export const ONLY_FILE = 'file';

/** Writes a file or directory of a tree into an empty directory of this host. */
export async function extractSource({ tree, picked, isFromHost }: MountSource, dir: string, { signal }: Abortable): Promise<void> {
  const isFile = picked.entry.type !== 'directory';
  const found = [...walkPicked(tree, picked, undefined)].map(({ path, entry }) => [isFile ? ONLY_FILE : path, entry] as const);
  const files = new Map(found.flatMap(([path, entry]) => (entry.type === 'file' ? [[path, entry] as const] : [])));
  await tree.open();
  const content = ({ path }: FileEntry) => {
    const file = files.get(path);
    if (file === undefined) throw new Error(`${path} is no file of this mount`);
    return tree.content(file);
  };
  const index = found.map(([path, entry]) => ({ ...entry, ...(isFromHost && { uid: 0, gid: 0 }), path }));
  const owners = process.getuid?.() === 0 ? 'kept' : 'mine';
  await extractLayer(index, content, dir, { whiteouts: 'apply', owners, signal });
}
