import type { CacheKey, Layer } from '../image/index.ts';
import type { Build } from './build.ts';
import type { CacheRecord, CacheStore } from './contracts/store.ts';
import { messageOf } from './errors.ts';

export interface Hit {
  readonly record: CacheRecord;
  readonly layer: Layer;
}

/** The first cache that knows the key and whose layer can still be read. */
export async function firstHit(on: Build, key: CacheKey): Promise<Hit | undefined> {
  for (const cache of on.caches) {
    const hit = await orWarn(cache, on, async () => {
      const record = await cache.get(key, on.build);
      const layer = record && (await on.layers.get(record.layer));
      return record && layer && { record, layer };
    });
    if (hit) return hit;
  }
  return undefined;
}

/** Tells every cache. */
export async function recordAll(on: Build, record: CacheRecord): Promise<void> {
  for (const cache of on.caches) await orWarn(cache, on, () => cache.put(record, on.build));
}

/** A cache that fails is a miss with a warning: it makes a build slower, not wrong. */
async function orWarn<T>({ name }: CacheStore, { build, emit }: Build, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (failure) {
    if (build.signal?.aborted) throw failure;
    emit({ type: 'warning', code: 'CACHE_FAILED', message: `Cache "${name}" failed: ${messageOf(failure)}` });
    return undefined;
  }
}
