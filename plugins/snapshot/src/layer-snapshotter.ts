import type { BuildInfo, LayerStore, Snapshots, Snapshotter, SnapshotterOptions } from '@varve/core';
import { asDiffID, asLayerID, digestOf, type Layer, mergeLayers } from '@varve/core/image';
import { BuildSnapshots } from './build-snapshots.ts';
import type { SnapshotOptions } from './options.ts';

export interface SnapshotterParts extends SnapshotOptions {
  /** Of the store. */
  readonly root: string;
  readonly layers: LayerStore;
}

/** Layers by step or by stage, on any storage driver. */
export class LayerSnapshotter implements Snapshotter {
  readonly name = 'snapshot';
  readonly #parts: SnapshotterParts;

  constructor(parts: SnapshotterParts) {
    this.#parts = parts;
  }

  start({ driver, build }: SnapshotterOptions): Snapshots {
    const { root, layers } = this.#parts;
    return new BuildSnapshots({ root, layers, driver, build });
  }

  async settle(layers: readonly Layer[], build: BuildInfo): Promise<readonly Layer[]> {
    if (layers.length < 2 || this.#granularityOf(build) === 'step') return layers;
    const ids = layers.map(({ id }) => id);
    return [mergeLayers(asLayerID(asDiffID(digestOf(`one layer for ${ids.join(' ')}`))), layers)];
  }

  /** `layers: false` of a build request is docker's and Buildah's `--layers=false`. */
  #granularityOf({ request }: BuildInfo): SnapshotOptions['granularity'] {
    const { layers } = request.options ?? {};
    return typeof layers === 'boolean' ? (layers ? 'step' : 'stage') : this.#parts.granularity;
  }
}
