import type { CacheKey, Layer } from '../image/index.ts';
import type { Emit } from './contracts/event.ts';
import type { CacheRecord, CacheStore, LayerStore } from './contracts/store.ts';
import { messageOf } from './errors.ts';

interface Caches {
  readonly caches: readonly CacheStore[];
  readonly layers: LayerStore;
  readonly emit: Emit;
  readonly build: { readonly signal?: AbortSignal | undefined };
}
export interface Hit {
  readonly record: CacheRecord;
  readonly layer: Layer;
}

/**
 * The first cache that knows the key and whose layer can still be read. A cache that fails is a miss with a warning: it makes a build
 * slower, not wrong.
 */
export async function firstHit({ caches, layers, emit, build }: Caches, key: CacheKey): Promise<Hit | undefined> {
  for (const cache of caches) {
    try {
      const record = await cache.get(key, build);
      const layer = record && (await layers.get(record.layer));
      if (record && layer) return { record, layer };
    } catch (failure) {
      if (build.signal?.aborted) throw failure;
      emit({
        type: 'warning',
        code: 'CACHE_FAILED',
        message: `Cache "${cache.name}" failed: ${messageOf(failure)}`,
      });
    }
  }
  return undefined;
}

/** Tells every cache. */
export async function recordAll({ caches, emit, build }: Omit<Caches, 'layers'>, record: CacheRecord): Promise<void> {
  for (const cache of caches) {
    try {
      await cache.put(record, build);
    } catch (failure) {
      if (build.signal?.aborted) throw failure;
      emit({
        type: 'warning',
        code: 'CACHE_FAILED',
        message: `Cache "${cache.name}" did not take a record: ${messageOf(failure)}`,
      });
    }
  }
}
