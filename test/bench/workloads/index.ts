import { bigFiles } from './big-file.ts';
import { archives, registry, transfer } from './distribution.ts';
import { hugeImage, onDebian } from './from-archive.ts';
import { growth } from './growth.ts';
import { hello } from './hello.ts';
import { ignored } from './ignored.ts';
import { manyLayers } from './layers.ts';
import { twentyRuns, writtenFiles } from './processes.ts';
import { stages } from './stages.ts';
import { tree } from './tree.ts';
import type { Workload } from './workload.ts';

/** All workloads, in the order of their numbers. */
export const WORKLOADS: readonly Workload[] = [
  hello,
  tree,
  ...bigFiles,
  twentyRuns,
  ...stages,
  writtenFiles,
  registry,
  archives,
  manyLayers,
  ignored,
  onDebian,
  hugeImage,
  transfer,
  ...growth,
];
