import { ArrivingLayer } from '../image/arriving-layer.ts';
import type { CacheKey, Image, Layer } from '../image/index.ts';
import type { Build } from './build.ts';
import type { BuildRequest } from './contracts/build.ts';
import type { CacheRecord, CacheStart, CacheStore, FoundRecord } from './contracts/store.ts';
import { messageOf, VarveError } from './errors.ts';
import { LayerLost } from './lost-layer.ts';

export interface Hit {
  readonly record: CacheRecord;
  readonly layer: Layer;
}

/** What is known of a step before anybody knows what it comes to. */
export type AskedRecord = Omit<CacheRecord, 'layer' | 'createdAt'>;

/** The caches of one build. @throws VarveError `CACHE_NONE` where nobody could fulfil what the request says of caches elsewhere */
export function startCaches(stores: readonly CacheStore[], start: CacheStart): readonly CacheStore[] {
  if (hasWishes(start.build.request) && !stores.some((store) => store.start))
    throw new VarveError('CACHE_NONE', 'No plugin imports or exports caches', { hint: 'Add the build-cache plugin to the preset.' });
  return stores.map((store) => store.start?.(start) ?? store);
}

const hasWishes = ({ cacheFrom = [], cacheTo = [] }: BuildRequest): boolean => cacheFrom.length + cacheTo.length > 0;

export interface Asking {
  /** Nobody goes on before a layer is here. */
  readonly isPatient: boolean;
}

/**
 * The first cache that knows the key and whose layer can still be read, or is on its way. Those asked before it know it from then on, or once
 * the layer is here.
 */
export async function firstHit(on: Build, asked: AskedRecord, { isPatient }: Asking): Promise<Hit | undefined> {
  for (const [i, cache] of on.work.caches.entries()) {
    const tell = async (record: CacheRecord): Promise<void> => {
      for (const nearer of on.work.caches.slice(0, i)) await orWarn(nearer, on, () => nearer.put(record, on.build));
    };
    const hit = await orWarn(cache, on, async () => {
      const found = isPatient || cache.find === undefined ? await cache.get(asked.key, on.build) : await cache.find(asked.key, on.build);
      if (found === undefined) return undefined;
      const { bringing, ...known } = found as CacheRecord & Partial<FoundRecord>;
      const record = { ...known, ...asked };
      const layer = await on.layers.get(record.layer);
      if (layer !== undefined || bringing === undefined) return layer && { record, layer };
      return {
        record,
        layer: new ArrivingLayer(
          record.layer,
          arrival(record, bringing, on).then((here) => tell(record).then(() => here)),
        ),
      };
    });
    if (hit === undefined) continue;
    if (!(hit.layer instanceof ArrivingLayer)) await tell(hit.record);
    return hit;
  }
  return undefined;
}

async function arrival({ layer: id }: CacheRecord, bringing: Promise<boolean>, on: Build): Promise<Layer> {
  const layer = (await bringing) ? await on.layers.get(id) : undefined;
  if (layer === undefined) throw new LayerLost(`The layer ${id} was found in a cache, and did not come`);
  return layer;
}

/** Tells every cache. */
export async function recordAll(on: Build, record: CacheRecord): Promise<void> {
  for (const cache of on.work.caches) await orWarn(cache, on, () => cache.put(record, on.build));
}

/** What the steps of a build came to, each told once. */
export class UsedRecords {
  readonly #caches: readonly CacheStore[];
  readonly #told = new Set<CacheKey>();

  constructor(caches: readonly CacheStore[]) {
    this.#caches = caches;
  }

  add({ record, layer }: Hit): void {
    if (this.#told.has(record.key)) return;
    this.#told.add(record.key);
    for (const cache of this.#caches) cache.used?.(record, layer);
  }
}

/** The build is done but for what caches write at its end. */
export async function finishCaches(caches: readonly CacheStore[], images: readonly Image[]): Promise<void> {
  for (const cache of caches) await cache.finish?.(images);
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
