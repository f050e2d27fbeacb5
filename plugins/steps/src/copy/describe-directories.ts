import type { FileDigests } from '@varve/core';
import { baseName, childPath, parentOf, type TreeState } from '@varve/core/archive';
import { digestOf } from '@varve/core/image';
import { type Described, type Describing, describeEntries } from './describe-entries.ts';
import type { Picked } from './pick-sources.ts';

/** Where to find what was said of directories, and how they are now. */
export interface Remembering {
  readonly digests: Pick<FileDigests, 'recall' | 'remember'>;
  readonly name: string;
  readonly state: TreeState;
}

/** By directory: what its state was, and what was said of it then. */
type Memory = Readonly<Record<string, readonly [state: string, text: string]>>;

/** What lies directly in a directory as one, for each, with a slash after its path; a source itself stays as it is. */
export function byDirectory(files: readonly Described[]): readonly Described[] {
  const sources = Map.groupBy(files, ({ source }) => source);
  return [...sources].flatMap(([source, ofSource]) => {
    const directories = Map.groupBy(ofSource, ({ path }) => (path === '' ? undefined : parentOf(path)));
    return [...directories].flatMap(([path, below]) => (path === undefined ? below : [together(source, path, below)]));
  });
}

function together(source: Picked, path: string, below: readonly Described[]): Described {
  const lines = below.map((file) => JSON.stringify([baseName(file.path), file.text])).sort();
  return { source, path: `${path}/`, text: `${lines.length} in ${digestOf(lines.join(''))}` };
}

/**
 * The same, without a look at the files of directories in which nothing changed since it was remembered. Nothing may be excluded. Where
 * there are hard links, files are always looked at, for those may lead anywhere.
 */
export async function describeDirectories(
  sources: readonly Picked[],
  describing: Describing,
  { digests, name, state }: Remembering,
): Promise<readonly Described[]> {
  const { tree } = describing;
  const before = JSON.parse((await digests.recall(name)) ?? '{}') as Memory; // as it is remembered below
  const known: Described[] = [];
  const found = sources.map((source) => ({ source, path: '', entry: source.entry }));
  for (const { source, path, place, id } of sources.flatMap((source) => directoriesOf(source, state))) {
    const [then, text] = before[place] ?? [];
    if (text !== undefined && then === id) known.push({ source, path: `${path}/`, text });
    else
      for (const name of tree.list(place)) {
        const entry = tree.get(childPath(place, name));
        if (entry !== undefined) found.push({ source, path: childPath(path, name), entry });
      }
  }
  const described = [...known, ...byDirectory(await describeEntries(found, describing))];
  if (found.length > sources.length) await digests.remember(name, JSON.stringify(memoryOf(described, state)));
  return described;
}

interface Directory {
  readonly source: Picked;
  /** Below the source. */
  readonly path: string;
  /** In the tree. */
  readonly place: string;
  readonly id: string | undefined;
}

function directoriesOf(source: Picked, { directories }: TreeState): readonly Directory[] {
  const top = source.entry.path;
  const all = [...directories].filter(([place]) => top === '' || place === top || place.startsWith(`${top}/`));
  return all.map(([place, id]) => ({ source, path: place.slice(top === '' ? 0 : top.length + 1), place, id }));
}

function memoryOf(described: readonly Described[], { directories }: TreeState): Memory {
  const all = described.flatMap(({ source, path, text }) => {
    const place = childPath(source.entry.path, path.slice(0, -1));
    const id = path.endsWith('/') ? directories.get(place) : undefined;
    return id === undefined ? [] : [[place, [id, text]] as const];
  });
  return Object.fromEntries(all);
}
