import { type Entry, type FileEntry, impliedDirectory, type LayerIndex, normaliseIndex } from '@varve/core/archive';
import { type Abortable, asLayerID, composeLayer, digestOf, formatPlatform, type Layer, type Platform } from '@varve/core/image';

/** A root filesystem and the folder that it goes to. */
export interface Placed {
  readonly folder: string;
  readonly rootfs: Layer;
}

/** `linux_arm_v7`, as BuildKit names the folders of several platforms. */
export const folderOf = (platform: Platform): string => formatPlatform(platform).replaceAll('/', '_');

/** One layer that has each root filesystem in its folder. */
export async function inFolders(placed: readonly Placed[], options: Abortable): Promise<Layer> {
  const entries: Entry[] = [];
  const origins = new Map<string, { readonly rootfs: Layer; readonly file: FileEntry }>();
  for (const { folder, rootfs } of placed) {
    const index = await rootfs.index(options);
    if (!index.values().some(({ path }) => path === '')) entries.push(impliedDirectory(folder));
    for (const entry of below(folder, index)) entries.push(entry);
    for (const file of index) if (file.type === 'file') origins.set(`${folder}/${file.path}`, { rootfs, file });
  }
  const contents = new Map<Layer, Awaited<ReturnType<Layer['contents']>>>();
  for (const { rootfs } of placed) contents.set(rootfs, await rootfs.contents(options));
  const id = asLayerID(digestOf(placed.map(({ folder, rootfs }) => `${folder} ${rootfs.id}`).join('\n')));
  return composeLayer(id, normaliseIndex(entries), (file) => {
    const origin = origins.get(file.path);
    const find = origin && contents.get(origin.rootfs);
    if (origin === undefined || find === undefined) throw new Error(`${file.path} is in none of the root filesystems`);
    return find(origin.file);
  });
}

function* below(folder: string, index: LayerIndex): Generator<Entry, void, undefined> {
  for (const entry of index) {
    const path = entry.path === '' ? folder : `${folder}/${entry.path}`;
    if (entry.type === 'hardlink') yield { ...entry, path, target: `${folder}/${entry.target}` };
    else if (entry.type === 'file') {
      const { offset: _, ...file } = entry; // in a tar of its own
      yield { ...file, path };
    } else yield { ...entry, path };
  }
}
