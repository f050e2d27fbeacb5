import { VarveError } from '../src/errors.ts';
import type { Descriptor } from './descriptor.ts';
import { asLayerID, type DiffID } from './digest.ts';
import type { Abortable, Layer } from './layer.ts';
import { once } from './once.ts';

export interface LazyLayerParts {
  /** As the image's configuration says; `fetch` answers for it. */
  readonly diffId: DiffID;
  /** The form in which the layer lies where it comes from. */
  readonly stored: Descriptor;
  /** Brings the layer here, verified. Called when somebody first wants more than its identity; again only after a failure. */
  readonly fetch: (options?: Abortable) => Promise<Layer>;
}

/** A layer of which no byte is read before somebody asks for its index or contents: what a transport's `resolve` gives. */
export function lazyLayer({ diffId, stored, fetch }: LazyLayerParts): Layer {
  const here = once(async (options?: Abortable) => {
    const layer = await fetch(options);
    const found = await layer.diffId(options);
    if (found === diffId) return layer;
    throw new VarveError('BLOB_MISMATCH', `Expected a layer whose tar is ${diffId}, found ${found}`);
  });
  return {
    id: asLayerID(diffId),
    stored,
    index: async (options) => (await here(options)).index(options),
    contents: async (options) => (await here(options)).contents(options),
    async *tar(options) {
      yield* (await here(options)).tar(options);
    },
    diffId: async () => diffId,
    size: async (options) => (await here(options)).size(options),
  };
}
