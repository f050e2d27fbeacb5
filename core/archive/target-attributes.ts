import type { Attributes, Entry, LayerIndex } from './entry.ts';

/** Finds the attributes of any entry of an index: those of its target for a hard link, none for whiteouts. */
export function targetAttributes(index: LayerIndex): (entry: Entry) => Attributes | undefined {
  let files: Map<string, Attributes> | undefined;
  return (entry) => {
    if ('mode' in entry) return entry;
    if (entry.type !== 'hardlink') return undefined;
    files ??= new Map(index.values().flatMap((file) => (file.type === 'file' ? [[file.path, file] as const] : [])));
    return files.get(entry.target);
  };
}
