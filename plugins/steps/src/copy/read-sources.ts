import { type CopyStep, type StepInputs, VarveError } from '@varve/core';
import { type FileTree, MergedTree, type PatternMatcher } from '@varve/core/archive';
import { destPath } from './dest-path.ts';
import { type Picked, pickSources } from './pick-sources.ts';
import { readExcludes } from './walk-picked.ts';

export interface Sources {
  readonly tree: FileTree;
  readonly picked: readonly Picked[];
  readonly exclude: PatternMatcher | undefined;
}

/** @throws VarveError `COPY_NOT_FOUND`, `COPY_DESTINATION`, `PATTERN_INVALID`, `PATH_LOOP` */
export async function readSources(step: CopyStep, inputs: StepInputs): Promise<Sources> {
  const hasPaths = step.sources.some(({ kind }) => kind === 'path');
  // What is fetched or written in the build file needs no context.
  const tree = await (hasPaths ? inputs.treeOf(step.from) : MergedTree.of([]));
  const picked = pickSources(step, tree, inputs);
  refuseMany(step, picked);
  return { tree, picked, exclude: readExcludes(step.exclude) };
}

/** Several files would all get the one name; directories and archives are merged there, so that nothing is lost. */
function refuseMany(step: CopyStep, picked: readonly Picked[]): void {
  const others = step.sources.filter(({ kind }) => kind !== 'path');
  if (picked.length + others.length < 2 || step.parents || destPath(step.dest, undefined).isDirectory) return;
  if (others.length === 0 && picked.every(isMerged)) return;
  const isAdd = step.sources.some(
    (source) => source.kind === 'url' || source.kind === 'git' || (source.kind === 'path' && source.unpack !== undefined),
  );
  throw new VarveError(
    'COPY_DESTINATION',
    `When using ${isAdd ? 'ADD' : 'COPY'} with more than one source file, the destination must be a directory and end with a /`,
    { source: step.source, hint: `Write "${step.dest}/".` },
  );
}

const ARCHIVE = /\.(?:tar(?:\.[a-z0-9]+)?|t[gbx]z2?|tzst)$/i;

function isMerged({ entry, name, source }: Picked): boolean {
  return entry.type === 'directory' || (source?.kind === 'path' && source.unpack === true && ARCHIVE.test(name));
}
