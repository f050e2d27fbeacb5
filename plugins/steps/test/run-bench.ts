import type { Executor, RunStep } from '@varve/core';
import type { FileTree } from '@varve/core/archive';
import { type ScopeOptions, sketchTree, stepScope, type TreeSketch, temporaryDir } from '@varve/core/testing';
import type { ExecutionContext } from 'ava';
import { RunHandler } from '../src/run/run-handler.ts';
import { busyboxRoot, chrootExecutor } from './chroot-executor.ts';

export const run = (command: string, more: Partial<RunStep> = {}): RunStep => ({
  kind: 'run',
  title: `RUN ${command}`,
  args: ['/bin/sh', '-c', command],
  env: [],
  network: 'default',
  mounts: [],
  source: { file: 'Dockerfile', startLine: 2, endLine: 2 },
  ...more,
});

export interface Around extends Omit<ScopeOptions, 'tree' | 'treeOf'> {
  readonly base?: TreeSketch;
  readonly other?: TreeSketch;
  /** Instead of `other`: a directory of this host. */
  readonly host?: FileTree;
  readonly store?: string;
  /** Of the executor. */
  readonly features?: Executor['capabilities']['features'];
}

/** Runs a step in a root of busybox. */
export async function execute(
  t: ExecutionContext,
  step: RunStep,
  { base = {}, other = {}, host, store = temporaryDir(t), features, ...more }: Around = {},
) {
  const { executor, asked } = chrootExecutor({ features });
  const workspace = busyboxRoot(t);
  const tree = await sketchTree(base);
  const scope = stepScope({ executor, workspace, tree, treeOf: () => host ?? sketchTree(other), ...more });
  const result = await new RunHandler(store).execute(step, scope);
  const text = (stream: string) =>
    scope.output
      .filter((one) => one.stream === stream)
      .map((one) => one.text)
      .join('');
  return { result, asked, root: workspace.root, store, scope, stdout: text('stdout'), stderr: text('stderr') };
}
