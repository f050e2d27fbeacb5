import type { ContentStore, CopySource, CopyStep, FileDigests, KeyParts, StepHandler, TreeRef } from '@varve/core';
import { type FileTree, MergedTree } from '@varve/core/archive';
import { MemoryDigests, type ScopeOptions, sketchLayer, stepScope, type TestScope, type TreeSketch } from '@varve/core/testing';
import { CopyHandler } from '../src/copy/copy-handler.ts';
import { layerOf, showDraft, showTree } from './show-layer.ts';

export interface Case extends Omit<ScopeOptions, 'tree' | 'treeOf'> {
  /** Files of the stage so far. */
  readonly base?: TreeSketch;
  /** Files that are copied from: a sketch, or a tree of this host. */
  readonly source?: TreeSketch | FileTree;
  readonly step: Partial<CopyStep>;
  readonly store?: ContentStore;
  /** Of the store. */
  readonly root?: string;
  readonly digests?: FileDigests;
}

export const CONTEXT: TreeRef = { kind: 'context' };
export const STAGE: TreeRef = { kind: 'stage', name: 'build' };

/** Sources as users write them. */
export const paths = (...names: readonly string[]): readonly CopySource[] => names.map((path) => ({ kind: 'path', path }));

/** `COPY a b /c` in short. */
export const copy = (words: string, more: Partial<CopyStep> = {}): Partial<CopyStep> => {
  const [dest = '', ...sources] = words.split(' ').reverse();
  return { sources: paths(...sources.reverse()), dest, ...more };
};

/** The same as ADD, which extracts archives. */
export const unpacked = (step: Partial<CopyStep>): Partial<CopyStep> => ({
  ...step,
  ...(step.sources && { sources: step.sources.map((source) => (source.kind === 'path' ? { ...source, unpack: true } : source)) }),
});

const isTree = (source: TreeSketch | FileTree): source is FileTree => typeof (source as FileTree).get === 'function';

const noStore = (): never => {
  throw new Error('Nothing should be stored');
};

export interface Prepared {
  readonly handler: StepHandler<CopyStep>;
  readonly step: CopyStep;
  readonly scope: TestScope;
}

export async function prepare({
  base = {},
  source = {},
  step,
  store,
  root = '/none',
  digests = new MemoryDigests(),
  ...more
}: Case): Promise<Prepared> {
  const tree = await MergedTree.of([sketchLayer(base)]);
  const from = isTree(source) ? source : await MergedTree.of([sketchLayer(source)]);
  const scope = stepScope({ epoch: 1_100_000_000, ...more, tree, treeOf: () => from });
  const full: CopyStep = {
    kind: 'copy',
    title: 'COPY',
    from: CONTEXT,
    sources: [],
    dest: '/',
    source: { file: 'Dockerfile', startLine: 3, endLine: 3 },
    ...step,
  };
  return { handler: new CopyHandler(() => store ?? noStore(), digests, root), step: full, scope };
}

export async function fingerprint(what: Case): Promise<KeyParts> {
  const { handler, step, scope } = await prepare(what);
  return (await handler.fingerprint(step, scope)) ?? {};
}

export async function compose(what: Case) {
  const { handler, step, scope } = await prepare(what);
  await handler.fingerprint(step, scope);
  const result = await handler.execute(step, scope);
  if (result.kind !== 'layer') throw new Error(`expected a layer, got ${result.kind}`);
  const { draft } = result;
  const stack = [sketchLayer(what.base ?? {}), layerOf(draft)];
  return {
    draft,
    warnings: scope.warnings.map(({ code }) => code),
    /** What the layer holds. */
    layer: showDraft(draft),
    /** What the stage shows with it. */
    files: await showTree(await MergedTree.of(stack)),
  };
}
