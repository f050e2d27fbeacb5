import type { BuildInfo, LayerStore } from '@varve/core';
import { MergedTree } from '@varve/core/archive';
import { asLayerID, chainOf, composeLayer, digestOf, type Image, type Layer, makeImage, mergeLayers } from '@varve/core/image';
import { removeNeedlessMarks } from './needless-marks.ts';
import { squashHistory } from './squash-history.ts';

/** Puts one layer in the place of all that a build laid over its base. */
export class Squasher {
  readonly #layers: LayerStore;

  constructor(layers: LayerStore) {
    this.#layers = layers;
  }

  async squash(image: Image, build: BuildInfo): Promise<Image> {
    const base = image.layers.slice(0, image.baseLayers);
    const own = image.layers.slice(image.baseLayers);
    if (own.length === 0) return image;
    const layer = await this.#stored(base, own, build);
    const history = squashHistory(image.config, own.length, await nameMerge(base, layer, build));
    const { baseLayers, annotations } = image;
    return makeImage({ config: { ...image.config, history }, layers: [...base, layer], baseLayers, annotations });
  }

  /** Storing is the one pass over the bytes: the history's comment needs the digest that comes of it. */
  async #stored(base: readonly Layer[], own: readonly Layer[], build: BuildInfo): Promise<Layer> {
    const { signal } = build;
    const id = asLayerID(digestOf(['squash', ...base.map(idOf), '+', ...own.map(idOf)].join('\n')));
    const known = await this.#layers.get(id);
    if (known !== undefined) return known;
    const merged = mergeLayers(id, own, { dropWhiteouts: base.length === 0 });
    const index = removeNeedlessMarks(await merged.index({ signal }), await MergedTree.of(base, { signal }));
    const layer = await this.#layers.put(composeLayer(id, index, await merged.contents({ signal })), { signal });
    const diffId = await layer.diffId({ signal });
    build.emit({ type: 'layer-stored', layer: layer.id, diffId, bytes: await layer.size({ signal }) });
    return layer;
  }
}

const idOf = (layer: Layer): string => layer.id;

/** Docker's sentence, with the digests of what was merged and of the base's files. */
async function nameMerge(base: readonly Layer[], layer: Layer, { signal }: BuildInfo): Promise<string> {
  const diffId = await layer.diffId({ signal });
  const ids = await Promise.all(base.map(async (one) => asLayerID(await one.diffId({ signal }))));
  const below = chainOf(ids);
  return below === null ? `create new from ${diffId}` : `merge ${diffId} to ${below}`;
}
