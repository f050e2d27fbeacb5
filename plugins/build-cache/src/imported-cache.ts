import { type CacheRecord, type CacheStart, type FoundRecord, type LayerStore, messageOf, VarveError } from '@varve/core';
import type { CacheKey, DiffID, Digest, Image, Layer, LayerID, Platform } from '@varve/core/image';
import { CACHE_CONFIG_TYPE, type CacheEntry, readEntries } from './cache-document.ts';
import type { CacheSource } from './read-requests.ts';

interface OpenCache {
  readonly image: Image;
  readonly diffIds: readonly DiffID[];
  readonly entries: ReadonlyMap<CacheKey, CacheEntry>;
}

/**
 * A cache of another machine. Its records are read when the first step asks, a layer when a record of it is wanted. What is missing or
 * broken is a warning and a miss.
 */
export class ImportedCache {
  readonly #source: CacheSource;
  readonly #start: CacheStart;
  readonly #layers: LayerStore;
  readonly #bringing = new Map<LayerID, Promise<boolean>>();
  readonly #lost = new Set<LayerID>();
  #opening: Promise<readonly OpenCache[] | undefined> | undefined;

  constructor(source: CacheSource, start: CacheStart, layers: LayerStore) {
    this.#source = source;
    this.#start = start;
    this.#layers = layers;
  }

  async get(key: CacheKey): Promise<CacheRecord | undefined> {
    const found = await this.find(key);
    if (found === undefined || !(await found.bringing)) return undefined;
    const { bringing: _, ...record } = found;
    return record;
  }

  /** Without waiting for the layer. */
  async find(key: CacheKey): Promise<FoundRecord | undefined> {
    this.#start.build.signal?.throwIfAborted();
    this.#opening ??= this.#orWarn(() => this.#open(), `importing cache manifest from ${this.#source.name}`);
    const cache = (await this.#opening)?.find(({ entries }) => entries.has(key));
    const entry = cache?.entries.get(key);
    if (cache === undefined || entry === undefined) return undefined;
    const bringing = this.#bringing.get(entry.layer) ?? this.#bringOrWarn(entry, cache);
    this.#bringing.set(entry.layer, bringing);
    bringing.then(
      (isHere) => isHere || this.#lost.add(entry.layer),
      () => undefined, // the build was stopped: whoever waits is told
    );
    if (this.#lost.has(entry.layer)) return undefined;
    return { key, parts: {}, parent: '', kind: '', title: '', layer: entry.layer, createdAt: entry.created, bringing };
  }

  async #open(): Promise<readonly OpenCache[]> {
    const { type, name } = this.#source;
    const { emit } = this.#start.build;
    try {
      const caches: OpenCache[] = [];
      for (const image of await this.#images()) caches.push(await this.#openImage(image));
      emit({ type: 'transfer', id: name, label: `importing cache manifest from ${name}`, status: 'done' });
      return caches;
    } catch (cause) {
      const why = VarveError.is(cause) && cause.code === 'IMAGE_UNKNOWN' ? `${name}: not found` : firstLine(cause);
      throw new VarveError('CACHE_IMPORT', `failed to configure ${type} cache importer: ${why}`, { cause });
    }
  }

  async #openImage(image: Image): Promise<OpenCache> {
    const diffIds: DiffID[] = [];
    for (const layer of image.layers) diffIds.push(await layer.diffId(this.#start.build));
    const entries = readEntries(image, diffIds);
    if (entries === undefined) throw new VarveError('CACHE_INVALID', 'it is an image that brings no build cache');
    return { image, diffIds, entries };
  }

  /** A cache is for all platforms; of images that bring theirs there may be one for each. */
  async #images(): Promise<readonly Image[]> {
    const { request, platform } = this.#start.build;
    const images = new Map<Digest, Image>();
    const { platforms = [] } = request;
    for (const wanted of platforms.length > 0 ? platforms : [platform]) {
      const image = await this.#resolve(wanted);
      images.set((await image.descriptor()).digest, image);
    }
    return [...images.values()];
  }

  /** A registry is asked first; an image that was loaded here may have brought its cache, too. */
  async #resolve(platform: Platform): Promise<Image> {
    const { build, host } = this.#start;
    const { emit, signal } = build;
    const options = { platform, emit, signal, artifact: CACHE_CONFIG_TYPE };
    try {
      return await host.resolve(this.#source.reference, { ...options, fresh: true });
    } catch (failure) {
      signal?.throwIfAborted();
      if (this.#source.type !== 'registry') throw failure;
      const here = await host.resolve(this.#source.reference, options).catch(() => undefined);
      if (here === undefined) throw failure;
      return here;
    }
  }

  async #bringOrWarn(entry: CacheEntry, cache: OpenCache): Promise<boolean> {
    const brought = await this.#orWarn(async () => {
      await this.#bring(entry, cache);
      return true;
    }, `importing a layer of the cache ${this.#source.name}`);
    return brought === true;
  }

  /** The store verifies a layer while it takes it in; only then does it get the name by which later keys know it. */
  async #bring({ layer: id, at }: CacheEntry, { image, diffIds }: OpenCache): Promise<void> {
    const { signal } = this.#start.build;
    if ((await this.#layers.get(id)) !== undefined) return;
    const [layer, diffId] = [image.layers[at], diffIds[at]];
    if (layer === undefined) throw new VarveError('CACHE_INVALID', `The build cache has no layer ${at}`);
    await layer.index({ signal });
    const named = await this.#layers.put(renamed(layer, id), { signal });
    const found = await named.diffId({ signal });
    if (found !== diffId) throw new VarveError('CACHE_INVALID', `The build cache calls ${diffId} ${id}, which is ${found}`);
  }

  async #orWarn<T>(work: () => Promise<T>, doing: string): Promise<T | undefined> {
    const { signal, emit } = this.#start.build;
    try {
      return await work();
    } catch (failure) {
      signal?.throwIfAborted();
      emit({ type: 'warning', code: 'CACHE_IMPORT', message: `${doing}: ${firstLine(failure)}` });
      return undefined;
    }
  }
}

/** What follows says who was asked, too: more than a warning needs. */
const firstLine = (failure: unknown): string => messageOf(failure).split('\n', 1)[0] ?? '';

/** The same layer under another name. */
const renamed = (layer: Layer, id: LayerID): Layer => ({
  id,
  stored: layer.stored,
  index: (options) => layer.index(options),
  contents: (options) => layer.contents(options),
  tar: (options) => layer.tar(options),
  diffId: (options) => layer.diffId(options),
  size: (options) => layer.size(options),
});
