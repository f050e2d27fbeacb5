import type { FileDigests } from '@varve/core';
import type { FileTree, NodeEntry, PatternMatcher } from '@varve/core/archive';
import type { Picked } from './pick-sources.ts';
import type { Found } from './walk-picked.ts';

/** A file, or all that lies directly in a directory, as far as it decides what is copied: not its time. */
export interface Described {
  readonly source: Picked;
  /** Below the source. */
  readonly path: string;
  readonly text: string;
}

export interface Describing {
  readonly tree: FileTree;
  readonly exclude: PatternMatcher | undefined;
  /** The patterns that `exclude` was made of. */
  readonly excludes?: readonly string[] | undefined;
  readonly digests?: Pick<FileDigests, 'recall' | 'remember'> | undefined;
  /** Whether the owners of the source's files end up in the layer. */
  readonly hasOwners: boolean;
}

export type Linking = (path: string) => string;

/** What was found, one by one. */
export async function describeEntries(
  found: readonly (Found & { readonly source: Picked })[],
  { tree, hasOwners }: Pick<Describing, 'tree' | 'hasOwners'>,
  linkOf: Linking = findLinks(
    found.map(({ source, path, entry }) => ({ name: `${source.label}/${path}`, path: entry.path })),
    tree,
  ),
): Promise<readonly Described[]> {
  const digests = await tree.digests(found.flatMap(({ entry }) => (entry.type === 'file' ? [entry] : [])));
  let next = 0;
  return found.map(({ source, path, entry }) => {
    const digest = entry.type === 'file' ? `${digests[next++] ?? ''}${linkOf(entry.path)}` : '';
    return { source, path, text: `${lineOf(entry, hasOwners)} ${digest}` };
  });
}

/** Says of a file with several names which one of these is the first. */
export function findLinks(files: Iterable<{ readonly name: string; readonly path: string }>, tree: FileTree): Linking {
  const first = new Map<string, string>();
  for (const { name, path } of files) {
    const identity = tree.identity({ path });
    const known = identity === undefined ? '' : first.get(identity);
    if (identity !== undefined && (known === undefined || name < known)) first.set(identity, name);
  }
  return (path) => {
    const name = first.size === 0 ? undefined : first.get(tree.identity({ path }) ?? '');
    return name === undefined ? '' : ` link ${JSON.stringify(name)}`;
  };
}

/** What a file is besides its bytes. */
export function lineOf(entry: NodeEntry, hasOwners: boolean): string {
  const { type, mode, uid, gid, xattrs } = entry;
  const owner = hasOwners ? ` ${uid}:${gid}` : '';
  const more = xattrs === undefined ? '' : ` ${JSON.stringify(Object.entries(xattrs).sort())}`;
  return `${type} ${mode.toString(8)}${owner}${detailOf(entry)}${more}`;
}

function detailOf(entry: NodeEntry): string {
  if (entry.type === 'symlink') return ` ${JSON.stringify(entry.target)}`;
  if (entry.type === 'char' || entry.type === 'block') return ` ${entry.major},${entry.minor}`;
  return '';
}
