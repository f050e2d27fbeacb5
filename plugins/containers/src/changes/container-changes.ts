import { IMAGES, type LayerDraft, VarveError } from '@varve/core';
import { contentSize, type FileTree, type LayerIndex, MergedTree } from '@varve/core/archive';
import type { Abortable, Image } from '@varve/core/image';
import { type Engine, openSnapshots } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { withoutMountPoints } from './without-mount-points.ts';

export interface ContainerChanges extends LayerDraft {
  readonly image: Image;
  /** The image's files. */
  readonly lower: FileTree;
}

/** What a container has changed in its image's files, whether it runs or not. @throws VarveError `CONTAINER_IMAGE` */
export async function findChanges({ host }: Engine, { spec }: ContainerRecord, { signal }: Abortable = {}): Promise<ContainerChanges> {
  const images = host.get(IMAGES);
  const record = await images.find(spec.image.manifest);
  if (record === undefined) throw imageGone(spec.image.name);
  const image = await images.open(record);
  const lower = await MergedTree.of(image.layers, { signal });
  const { snapshots } = await openSnapshots(host, spec.driver);
  const draft = await snapshots.capture(spec.snapshot, lower, { signal });
  const index = await withoutMountPoints(draft.index, lower, { spec, signal });
  return { index, content: (file) => draft.content(file), image, lower };
}

/** Bytes of the files that a container has of its own. */
export const ownSize: (index: LayerIndex) => number = contentSize;

export async function sizesOf(
  engine: Engine,
  records: readonly ContainerRecord[],
): Promise<ReadonlyMap<string, { readonly own: number; readonly virtual: number }>> {
  const images = new Map((await engine.host.get(IMAGES).list()).map(({ descriptor, size }) => [descriptor.digest as string, size]));
  const sizes = new Map<string, { readonly own: number; readonly virtual: number }>();
  for (const record of records) {
    const own = ownSize((await findChanges(engine, record)).index);
    sizes.set(record.id, { own, virtual: own + (images.get(record.spec.image.manifest) ?? 0) });
  }
  return sizes;
}

const imageGone = (name: string): VarveError =>
  new VarveError('CONTAINER_IMAGE', `The image ${name} of the container is not here any more`, { hint: 'Pull or load it again.' });
