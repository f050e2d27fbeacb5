import type { KeyParts } from '@varve/core';
import type { FileTree } from '@varve/core/archive';
import { digestOf, digestOfAll } from '@varve/core/image';
import {
  byDirectory,
  describeBatches,
  describeDirectories,
  gatherDirectories,
  type PickedFound,
  type Place,
} from './describe-directories.ts';
import { type Described, type Describing, describeEntries, findLinks } from './describe-entries.ts';
import { joinEntry } from './join-entry.ts';
import type { Picked } from './pick-sources.ts';
import { walkPicked } from './walk-picked.ts';

/** More parts than these are rolled up, so that records stay small. */
const MAX_PARTS = 200;

/**
 * What the files of these sources come to. It is worked out once and remembered: for good of a tree that never changes (the layers of a
 * stage or image), and of one that may change for as long as nothing in it does. A build without changes reads no file.
 */
export async function describeFiles(sources: readonly Picked[], describing: Describing): Promise<KeyParts> {
  const { tree, exclude, excludes = [], hasOwners, digests } = describing;
  if (digests === undefined) return toParts(sources, await describeAll(sources, describing));
  const places = sources.map(({ label, name, entry, kept }) => [label, name, entry.path, kept?.path]);
  const state = tree.id === undefined ? tree.state?.(sources.map(({ entry }) => entry.path)) : undefined;
  const subject = digestOf(JSON.stringify([tree.id ?? state?.of, places, excludes, hasOwners]));
  const id = tree.id ?? state?.id;
  const known = id === undefined ? '' : ((await digests.recall(`files ${subject}`)) ?? '');
  if (id !== undefined && known.startsWith(`${id} `)) return JSON.parse(known.slice(id.length)) as KeyParts; // as it is remembered below
  const isLarge = state !== undefined && state.size > MAX_PARTS && exclude === undefined;
  const memory = isLarge ? { digests, state, name: `by directory ${subject}` } : undefined;
  const described = await (memory ? describeDirectories(sources, describing, memory) : describeAll(sources, describing));
  const parts = toParts(sources, described);
  if (id !== undefined) await digests.remember(`files ${subject}`, `${id} ${JSON.stringify(parts)}`);
  return parts;
}

/** One by one, or where they are many by directory. */
async function describeAll(sources: readonly Picked[], describing: Describing): Promise<readonly Described[]> {
  const { tree, exclude } = describing;
  const all = (): Iterable<PickedFound> => foundIn(sources, describing);
  if (!isLonger(all(), MAX_PARTS)) return await describeEntries([...all()], describing);
  const linkOf = findLinks(namesOf(all()), tree);
  if (exclude === undefined) {
    const directories = sources.flatMap((source) => [...directoriesIn(tree, source)]);
    return await describeBatches({ sources, directories }, describing, linkOf);
  }
  const described: Described[] = [];
  for (const batch of gatherDirectories(all())) described.push(...byDirectory(await describeEntries(batch, describing, linkOf)));
  return described;
}

function* foundIn(sources: readonly Picked[], { tree, exclude }: Describing): Generator<PickedFound, void, undefined> {
  for (const source of sources) for (const found of walkPicked(tree, source, exclude)) yield { ...found, source };
}

function* namesOf(all: Iterable<PickedFound>) {
  for (const { source, path, entry } of all) yield { name: `${source.label}/${path}`, path: entry.path };
}

function isLonger(all: Iterable<unknown>, limit: number): boolean {
  let count = 0;
  for (const _ of all) if (++count > limit) return true;
  return false;
}

function* directoriesIn(tree: FileTree, source: Picked): Generator<Place, void, undefined> {
  for (const { path, entry } of walkPicked(tree, source, undefined))
    if (entry.type === 'directory') yield { source, path, place: entry.path };
}

/** A part for each; where these are too many, for each directory down to as deep as they are not; else one for each source or in all. */
function toParts(sources: readonly Picked[], described: readonly Described[]): KeyParts {
  const numbers = new Map(sources.map((source, number) => [source, number]));
  const numberOf = ({ source }: Described): number => numbers.get(source) ?? 0;
  const all = described.toSorted((a, b) => numberOf(a) - numberOf(b) || (a.path < b.path ? -1 : 1));
  const labels = [labelDown(Infinity), ...[4, 3, 2, 1].map(labelDown), ({ source }: Described) => printable(source.label)];
  const groups = labels.map((label) => groupUpTo(MAX_PARTS, all, label)).find((found) => found !== undefined);
  return hashParts(groups ?? new Map([['', all]]));
}

const labelDown =
  (depth: number) =>
  ({ source, path }: Described): string => {
    const below = cutBelow(path.replace(/\/$/, ''), depth);
    return printable(joinEntry(source.label, below));
  };

/** The first components of a path. */
function cutBelow(path: string, depth: number): string {
  let end = -1;
  for (let i = 0; i < depth; i++) {
    end = path.indexOf('/', end + 1);
    if (end < 0) return path;
  }
  return path.slice(0, end);
}

function groupUpTo(
  limit: number,
  files: readonly Described[],
  label: (file: Described) => string,
): ReadonlyMap<string, readonly Described[]> | undefined {
  const groups = new Map<string, Described[]>();
  for (const file of files) {
    const name = label(file);
    const group = groups.get(name);
    if (group !== undefined) group.push(file);
    else if (groups.size === limit) return undefined;
    else groups.set(name, [file]);
  }
  return groups;
}

/** Names that are not UTF-8 would all read alike. What reads like another all the same is put together with it. */
const printable = (label: string): string => (label.isWellFormed() ? label : JSON.stringify(label).slice(1, -1));

const lineToHash = ({ source, path, text }: Described): string => JSON.stringify([source.label, path, text]);

function hashParts(groups: ReadonlyMap<string, readonly Described[]>): KeyParts {
  const parts = [...groups].map(([label, files]) => {
    const isOne = files.length === 1 && files[0]?.path.endsWith('/') === false;
    const name = `${isOne ? 'file' : 'files'} ${label || '/'}`;
    return [name, digestOfAll(files, lineToHash)] as const;
  });
  return Object.fromEntries(parts);
}
