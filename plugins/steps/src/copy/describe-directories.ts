import type { FileDigests } from '@varve/core';
import { baseName, childPath, type FileTree, isWithin, parentOf, type TreeState } from '@varve/core/archive';
import { digestOf } from '@varve/core/image';
import { type Described, type Describing, describeEntries, findLinks, type Linking } from './describe-entries.ts';
import { joinEntry } from './join-entry.ts';
import type { Picked } from './pick-sources.ts';
import type { Found } from './walk-picked.ts';

/** Where to find what was said of directories, and how they are now. */
export interface Remembering {
  readonly digests: Pick<FileDigests, 'recall' | 'remember'>;
  readonly name: string;
  readonly state: TreeState;
}

export type PickedFound = Found & { readonly source: Picked };

/** Files that are described at a time: enough to be read on all cores, and so few that all that is made of them is soon forgotten. */
const BATCH = 4_000;

/** By directory: what its state was, and what was said of it then. */
type Memory = readonly (readonly [directory: string, said: readonly [state: string, text: string]])[];

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
  const before = new Map(JSON.parse((await digests.recall(name)) ?? '[]') as Memory); // as it is remembered below
  const described: Described[] = [];
  const changed: Directory[] = [];
  for (const directory of sources.flatMap((source) => directoriesOf(source, state))) {
    const { source, path, place, id } = directory;
    const [then, text] = before.get(place) ?? [];
    if (text !== undefined && then === id) described.push({ source, path: `${path}/`, text });
    else changed.push(directory);
  }
  const linkOf = findLinks(mayBeLinks(sources, changed, tree), tree);
  described.push(...(await describeBatches({ sources, directories: changed }, describing, linkOf)));
  if (changed.length > 0) await digests.remember(name, JSON.stringify(memoryOf(described, state)));
  return described;
}

/** The sources themselves, and what lies directly in each of these directories together. */
export async function describeBatches(
  { sources, directories }: { readonly sources: readonly Picked[]; readonly directories: readonly Place[] },
  describing: Describing,
  linkOf: Linking,
): Promise<readonly Described[]> {
  const described = [...(await describeEntries(sources.map(asFound), describing, linkOf))];
  let open: Described[] = [];
  for (const { batch, isWhole } of batchesOf(directories, describing.tree)) {
    open = open.concat(await describeEntries(batch, describing, linkOf));
    if (!isWhole) continue;
    described.push(...byDirectory(open));
    open = [];
  }
  return described;
}

const asFound = (source: Picked): PickedFound => ({ source, path: '', entry: source.entry });

function* mayBeLinks(sources: readonly Picked[], directories: readonly Directory[], tree: FileTree) {
  for (const { label, entry } of sources) yield { name: label, path: entry.path };
  for (const { source, path, place, id } of directories)
    if (id === undefined)
      for (const name of tree.list(place)) yield { name: `${source.label}/${childPath(path, name)}`, path: childPath(place, name) };
}

/** What lies in these, some files at a time: entries of all files at once would be hundreds of megabytes. */
function* batchesOf(directories: readonly Place[], tree: FileTree): Generator<Batch, void, undefined> {
  let batch: PickedFound[] = [];
  for (const { source, path, place } of directories) {
    for (const name of tree.list(place)) {
      const entry = tree.get(childPath(place, name));
      if (entry !== undefined) batch.push({ source, path: childPath(path, name), entry });
      if (batch.length < BATCH) continue;
      yield { batch, isWhole: false };
      batch = [];
    }
    if (batch.length < BATCH / 2) continue;
    yield { batch, isWhole: true };
    batch = [];
  }
  yield { batch, isWhole: true };
}

interface Batch {
  readonly batch: readonly PickedFound[];
  /** Nothing more comes of the directories in it, and in those before. */
  readonly isWhole: boolean;
}

/**
 * What lies in directories of files that come depth-first, as above: nothing is added to a directory once something comes that does not lie
 * in it.
 */
export function* gatherDirectories(found: Iterable<PickedFound>): Generator<readonly PickedFound[], void, undefined> {
  let batch: PickedFound[] = [];
  const open: { readonly source: Picked; readonly path: string; readonly found: PickedFound[] }[] = [];
  const close = (): void => open.pop()?.found.forEach((one) => void batch.push(one));
  for (const one of found) {
    const path = parentOf(one.path);
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (last.source === one.source && isWithin(path, last.path)) break;
      close();
    }
    if (open.at(-1)?.path !== path) open.push({ source: one.source, path, found: [] });
    open.at(-1)?.found.push(one);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  while (open.length > 0) close();
  if (batch.length > 0) yield batch;
}

/** A directory that is copied. */
export interface Place {
  readonly source: Picked;
  /** Below the source. */
  readonly path: string;
  /** In the tree. */
  readonly place: string;
}

interface Directory extends Place {
  readonly id: string | undefined;
}

function directoriesOf(source: Picked, { directories }: TreeState): readonly Directory[] {
  const top = source.entry.path;
  const all = [...directories].filter(([place]) => top === '' || place === top || place.startsWith(`${top}/`));
  return all.map(([place, id]) => ({ source, path: place.slice(top === '' ? 0 : top.length + 1), place, id }));
}

function memoryOf(described: readonly Described[], { directories }: TreeState): Memory {
  return described.flatMap(({ source, path, text }) => {
    const place = joinEntry(source.entry.path, path.slice(0, -1));
    const id = path.endsWith('/') ? directories.get(place) : undefined;
    return id === undefined ? [] : [[place, [id, text]] as const];
  });
}
