import { type CopySource, type CopyStep, type StepInputs, VarveError } from '@varve/core';
import { type FileTree, MergedTree, type PatternMatcher, resolvePath } from '@varve/core/archive';
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
  await refuseMany(step, picked, inputs);
  return { tree, picked, exclude: readExcludes(step.exclude) };
}

/** The files that one wildcard matches are copied one after the other, as other builders do, also where all of them get one name. */
export async function warnOfOverwriting(step: CopyStep, picked: readonly Picked[], inputs: StepInputs): Promise<void> {
  const [source, ...others] = step.sources;
  if (source?.kind !== 'path' || others.length > 0 || picked.length < 2 || !(await getsOneName(step, picked, inputs))) return;
  inputs.warn({
    code: 'COPY_OVERWRITTEN',
    message: `"${source.path}" matches ${picked.length} files that all become ${step.dest}: only the last is left. Write "${step.dest}/" to keep them`,
    source: step.source,
  });
}

/** Several sources would all get the one name, unless it is a directory's: of the image, or made of the first source. */
async function refuseMany(step: CopyStep, picked: readonly Picked[], inputs: StepInputs): Promise<void> {
  if (step.sources.length < 2 || !(await getsOneName(step, picked, inputs))) return;
  const isAdd = step.sources.some(
    (source) => source.kind === 'url' || source.kind === 'git' || (source.kind === 'path' && source.unpack !== undefined),
  );
  throw new VarveError(
    'COPY_DESTINATION',
    `When using ${isAdd ? 'ADD' : 'COPY'} with more than one source file, the destination must be a directory and end with a /`,
    { source: step.source, hint: `Write "${step.dest}/".` },
  );
}

async function getsOneName(step: CopyStep, picked: readonly Picked[], inputs: StepInputs): Promise<boolean> {
  const others = step.sources.filter(({ kind }) => kind !== 'path');
  const dest = destPath(step.dest, inputs.config.config.WorkingDir);
  if (picked.length + others.length < 2 || step.parents || dest.isDirectory || makesDirectory(step, picked)) return false;
  return step.link === true || !(await isDirectory(dest.path, inputs));
}

const ARCHIVE = /\.(?:tar(?:\.[a-z0-9]+)?|t[gbx]z2?|tzst)$/i;

/** Sources are placed in order, those of the build file itself last: after a directory or an archive there is a directory. */
function makesDirectory({ sources }: CopyStep, picked: readonly Picked[]): boolean {
  const isThere = (source: CopySource) => source.kind !== 'path' || picked.some((one) => one.source === source);
  const first = sources.filter(({ kind }) => kind !== 'inline').find(isThere);
  const one = picked.find(({ source }) => source === first);
  return one === undefined ? first?.kind === 'git' : isMerged(one);
}

function isMerged({ entry, name, source }: Picked): boolean {
  return entry.type === 'directory' || (source?.kind === 'path' && source.unpack === true && ARCHIVE.test(name));
}

async function isDirectory(path: string, inputs: StepInputs): Promise<boolean> {
  const tree = await inputs.tree();
  const { path: resolved, entry } = resolvePath(tree, path);
  return resolved === '' || entry?.type === 'directory';
}
