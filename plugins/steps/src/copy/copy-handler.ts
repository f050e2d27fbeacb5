import {
  type ContentStore,
  type CopyStep,
  type KeyParts,
  type StepHandler,
  type StepInputs,
  type StepResult,
  VarveError,
} from '@varve/core';
import { type FileTree, MergedTree, type PatternMatcher } from '@varve/core/archive';
import { type Attributing, isFromHost, readAttributes } from './attributes.ts';
import { destPath, formatDest } from './dest-path.ts';
import { Destination } from './destination.ts';
import { describeCopy, describeFiles } from './fingerprint.ts';
import { openArchive } from './open-archive.ts';
import { type Picked, pickSources, warnOfNothing } from './pick-sources.ts';
import { Placer } from './place-sources.ts';
import { unpackArchive } from './unpack-archive.ts';
import { readExcludes } from './walk-picked.ts';

/** Composes a layer from a tree's index and the stage's own: no directory, no mount, no privilege. */
export class CopyHandler implements StepHandler<CopyStep> {
  readonly #store: () => ContentStore;

  /** `store` takes in what a compressed archive holds. */
  constructor(store: () => ContentStore) {
    this.#store = store;
  }

  async fingerprint(step: CopyStep, inputs: StepInputs): Promise<KeyParts> {
    refuseUnsupported(step);
    const { tree, picked, exclude } = await readSources(step, inputs);
    warnOfNothing(step, tree, inputs);
    const hasOwners = !step.chown && !isFromHost(step.from, inputs.build.request);
    const dest = formatDest(destPath(step.dest, inputs.config.config.WorkingDir));
    return { ...describeCopy(step, dest), ...(await describeFiles(picked, { tree, exclude, hasOwners })) };
  }

  async execute(step: CopyStep, inputs: StepInputs): Promise<StepResult> {
    const { build, config } = inputs;
    const { tree, picked, exclude } = await readSources(step, inputs);
    const below = await inputs.tree();
    const attributes = await readAttributes(step, below, build);
    const into = new Destination(below, { made: attributes.made, isDetached: step.link });
    const placer = new Placer(into, { tree, dest: destPath(step.dest, config.config.WorkingDir), attributes, exclude });
    if (picked.length > 0) await tree.open();
    for (const one of picked) {
      inputs.signal?.throwIfAborted();
      if (!one.unpack || !(await this.#unpack(one, { tree, into, placer, attributes, inputs }))) placer.place(one);
    }
    for (const source of step.sources) if (source.kind === 'inline') placer.placeInline(source.name, source.content);
    return { kind: 'layer', draft: await into.draft() };
  }

  /** `false`: it is no archive. */
  async #unpack({ entry }: Picked, { tree, into, placer, attributes, inputs }: Unpacking): Promise<boolean> {
    const { signal, build } = inputs;
    if (entry.type !== 'file') return false;
    const tar = await openArchive(tree.content(entry), { store: this.#store, signal });
    if (tar === undefined) return false;
    const { given: owner } = attributes;
    await unpackArchive(tar, into, { target: placer.makeDirectory(), owner, epoch: build.epoch, signal });
    return true;
  }
}

interface Unpacking {
  readonly tree: FileTree;
  readonly into: Destination;
  readonly placer: Placer;
  readonly attributes: Attributing;
  readonly inputs: StepInputs;
}

interface Sources {
  readonly tree: FileTree;
  readonly picked: readonly Picked[];
  readonly exclude: PatternMatcher | undefined;
}

async function readSources(step: CopyStep, inputs: StepInputs): Promise<Sources> {
  const isInline = step.sources.every(({ kind }) => kind === 'inline');
  // What is written in the build file needs no context.
  const tree = await (isInline ? MergedTree.of([]) : inputs.treeOf(step.from));
  const picked = pickSources(step, tree, inputs);
  refuseMany(step, picked);
  return { tree, picked, exclude: readExcludes(step.exclude) };
}

function refuseMany(step: CopyStep, picked: readonly Picked[]): void {
  const many = picked.length + step.sources.filter(({ kind }) => kind === 'inline').length;
  if (many < 2 || step.parents || destPath(step.dest, undefined).isDirectory) return;
  const instruction = step.sources.some((source) => source.kind === 'path' && source.unpack !== undefined) ? 'ADD' : 'COPY';
  throw new VarveError(
    'COPY_DESTINATION',
    `When using ${instruction} with more than one source file, the destination must be a directory and end with a /`,
    { source: step.source, hint: `Write "${step.dest}/".` },
  );
}

function refuseUnsupported(step: CopyStep): void {
  const source = step.sources.find(({ kind }) => kind === 'url' || kind === 'git');
  if (source === undefined) return;
  throw new VarveError('STEP_UNSUPPORTED', `Sources that are fetched (${source.kind}) are not supported yet`, {
    source: step.source,
    hint: 'Fetch it in a RUN instruction, or put it into the build context.',
  });
}
