import { createHash } from 'node:crypto';
import type { CopyStep, FileDigests, KeyParts } from '@varve/core';
import type { FileEntry, FileTree, NodeEntry, PatternMatcher } from '@varve/core/archive';
import { digestOf } from '@varve/core/image';
import type { Picked } from './pick-sources.ts';
import { walkPicked } from './walk-picked.ts';

/** More parts than these are rolled up, so that records stay small. */
const MAX_PARTS = 200;
/** Lines that are hashed at once: a call for each takes longer than hashing it. */
const TOGETHER = 500;

/** One file, as far as it decides what is copied: not its time. */
interface Described {
  /** Place of the source in the step. */
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

/**
 * What the files of these sources come to. Of a tree that never changes (the layers of a stage or image) that is worked out once and
 * remembered: a build without changes reads no file of it.
 */
export async function describeFiles(sources: readonly Picked[], describing: Describing): Promise<KeyParts> {
  const { tree, excludes = [], hasOwners, digests } = describing;
  if (tree.id === undefined || digests === undefined) return await partsOf(sources, describing);
  const name = `files ${digestOf(JSON.stringify([tree.id, sources, excludes, hasOwners]))}`;
  const known = await digests.recall(name);
  if (known !== undefined) return JSON.parse(known) as KeyParts; // as it was remembered below
  const parts = await partsOf(sources, describing);
  await digests.remember(name, JSON.stringify(parts));
  return parts;
}

/** A part for each file; where these are too many, for each directory down to as deep as they are not; else one for each source or in all. */
async function partsOf(sources: readonly Picked[], describing: Describing): Promise<KeyParts> {
  const files = await describe(sources, describing);
  const labels = [labelDown(Infinity), ...[4, 3, 2, 1].map(labelDown), ({ source }: Described) => source.label];
  const groups = labels.map((label) => groupUpTo(MAX_PARTS, files, label)).find((found) => found !== undefined);
  return toParts(groups ?? new Map([['', files]]));
}

const labelDown =
  (depth: number) =>
  ({ source, path }: Described): string => {
    const below = cutBelow(path, depth);
    return source.label === '' || below === '' ? source.label + below : `${source.label}/${below}`;
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

/** Names that are not UTF-8 would all read alike. */
const printable = (label: string): string => (label.isWellFormed() ? label : JSON.stringify(label).slice(1, -1));

const lineToHash = ({ source, path, text }: Described): string => JSON.stringify([source.label, path, text]);

function toParts(groups: ReadonlyMap<string, readonly Described[]>): KeyParts {
  const parts = [...groups].map(([label, files]) => {
    const hash = createHash('sha256');
    for (let i = 0; i < files.length; i += TOGETHER)
      hash.update(
        files
          .slice(i, i + TOGETHER)
          .map(lineToHash)
          .join(''),
      );
    const name = `${files.length === 1 ? 'file' : 'files'} ${printable(label) || '/'}`;
    return [name, `sha256:${hash.digest('hex')}`] as const;
  });
  return Object.fromEntries(parts);
}

async function describe(sources: readonly Picked[], { tree, exclude, hasOwners }: Describing): Promise<readonly Described[]> {
  const found = sources.flatMap((source) => [...walkPicked(tree, source, exclude)].map(({ path, entry }) => ({ source, path, entry })));
  const files = found.flatMap(({ entry }) => (entry.type === 'file' ? [entry] : []));
  const digests = await tree.digests(files);
  const links = new Links(tree);
  let next = 0;
  return found.map(({ source, path, entry }) => {
    const digest = entry.type === 'file' ? (digests[next++] ?? '') : '';
    return { source, path, text: `${lineOf(entry, hasOwners)} ${digest}${links.of(entry)}` };
  });
}

/** A source named directly is a directory whose contents are copied: what it is itself does not count, but for its type. */
function lineOf(entry: NodeEntry, hasOwners: boolean): string {
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

/** Which files are one. */
class Links {
  readonly #tree: FileTree;
  readonly #numbers = new Map<string, number>();
  constructor(tree: FileTree) {
    this.#tree = tree;
  }
  of(entry: NodeEntry): string {
    const identity = entry.type === 'file' ? this.#tree.identity(entry as FileEntry) : undefined;
    if (identity === undefined) return '';
    const number = this.#numbers.get(identity) ?? this.#numbers.size;
    this.#numbers.set(identity, number);
    return ` link ${number}`;
  }
}

/** What a copy does with its files. */
export function describeCopy(step: CopyStep, dest: string): KeyParts {
  const flags = [step.parents && 'parents', step.link && 'link', describeUnpacking(step)].filter(Boolean);
  const inline = step.sources.flatMap((source) =>
    source.kind === 'inline' ? [[`inline ${source.name}`, digestOf(source.content)] as const] : [],
  );
  return {
    dest,
    // A later source replaces what an earlier one put there, so their order counts.
    sources: JSON.stringify(step.sources.map((source) => (source.kind === 'path' ? source.path : source.kind))),
    ...(step.chown && { chown: step.chown }),
    ...(step.chmod && { chmod: step.chmod }),
    ...(flags.length > 0 && { flags: flags.join(' ') }),
    ...(step.exclude?.length && { exclude: JSON.stringify(step.exclude) }),
    ...Object.fromEntries(inline),
  };
}

/** Which sources are extracted, by their place where it is not all of them. */
function describeUnpacking({ sources }: CopyStep): string | undefined {
  const places = sources.flatMap((source, place) => ('unpack' in source && source.unpack ? [place] : []));
  if (places.length === 0) return undefined;
  return places.length === sources.length ? 'unpack' : `unpack=${places.join(',')}`;
}
