import { type RunStep, type StepInputs, type TreeRef, VarveError } from '@varve/core';
import { baseName, cleanPath, type FileTree, resolvePath } from '@varve/core/archive';
import { isFromHost } from '../copy/attributes.ts';
import type { Picked } from '../copy/pick-sources.ts';

export interface MountSource {
  readonly tree: FileTree;
  readonly picked: Picked;
  /** Its owners are those of a checkout, which mean nothing in an image. */
  readonly isFromHost: boolean;
}

export interface BindSource {
  readonly from: TreeRef;
  readonly source: string;
}

/** The file or directory that a bind mount shows. @throws VarveError `COPY_NOT_FOUND` */
export async function findMountSource({ from, source }: BindSource, step: RunStep, inputs: StepInputs): Promise<MountSource> {
  const tree = await inputs.treeOf(from);
  const label = cleanPath(source);
  const { path, entry } = resolvePath(tree, label);
  if (entry === undefined)
    throw new VarveError(
      'COPY_NOT_FOUND',
      `failed to compute cache key: failed to calculate checksum of mount source: "/${path}": not found`,
      {
        source: step.source,
        hint: 'The source of a mount is a path in the build context, or in the stage or image that `from` names.',
      },
    );
  return { tree, picked: { label, name: baseName(label), entry }, isFromHost: isFromHost(from, inputs.build.request) };
}
