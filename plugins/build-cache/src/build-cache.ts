import { type CacheRecord, type CacheStart, type CacheStore, type FoundRecord, type LayerStore, messageOf, VarveError } from '@varve/core';
import { type CacheKey, type Image, type Layer, makeImage } from '@varve/core/image';
import { CACHE_MEMBER, type CacheEntry, recordsMember } from './cache-document.ts';
import type { UsedStep } from './export-cache.ts';
import { ImportedCache } from './imported-cache.ts';
import { type CacheTarget, readSource, readTarget } from './read-requests.ts';

/** The caches of other machines, as one build has to do with them. */
export class BuildCache implements CacheStore {
  readonly name = 'build-cache';
  readonly #start: CacheStart;
  readonly #layers: LayerStore;
  readonly #imported: readonly ImportedCache[];
  readonly #targets: readonly CacheTarget[];
  readonly #used: UsedStep[] = [];

  /** @throws VarveError `CACHE_TYPE`, `CACHE_ATTRIBUTE`, `REFERENCE_INVALID`, `DIGEST_INVALID` */
  constructor(start: CacheStart, layers: LayerStore) {
    const { cacheFrom = [], cacheTo = [] } = start.build.request;
    this.#start = start;
    this.#layers = layers;
    this.#imported = cacheFrom.map(readSource).map((source) => new ImportedCache(source, start, layers));
    this.#targets = cacheTo.map(readTarget);
  }

  async get(key: CacheKey): Promise<CacheRecord | undefined> {
    for (const cache of this.#imported) {
      const record = await cache.get(key);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  async find(key: CacheKey): Promise<FoundRecord | undefined> {
    for (const cache of this.#imported) {
      const record = await cache.find(key);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  async put(): Promise<void> {} // what steps came to is written once, at the end

  used(record: CacheRecord, layer: Layer): void {
    if (this.#targets.length > 0) this.#used.push({ record, layer });
  }

  /** `type=inline`: the records of the image's own layers, by their place in it, become a member of its configuration. */
  mark(image: Image): Image {
    if (!this.#targets.some(({ type }) => type === 'inline')) return image;
    const entries = this.#used.flatMap(({ record }): readonly CacheEntry[] => {
      const at = image.layers.findIndex(({ id }) => id === record.layer);
      return at === -1 ? [] : [{ key: record.key, layer: record.layer, at, created: record.createdAt }];
    });
    if (entries.length === 0) this.#warnOfNothing('in the image');
    const { config, layers, baseLayers, annotations } = image;
    return makeImage({ config: { ...config, [CACHE_MEMBER]: recordsMember(entries) }, layers, baseLayers, annotations });
  }

  async finish(images: readonly Image[]): Promise<void> {
    for (const target of this.#targets) if (target.reference !== undefined) await this.#export(target, images);
  }

  async #export(target: CacheTarget, images: readonly Image[]): Promise<void> {
    const { emit, signal } = this.#start.build;
    try {
      const { exportCache } = await import('./export-cache.ts'); // loaded when first needed
      await exportCache(this.#chosen(target, images), target, { ...this.#start, layers: this.#layers });
    } catch (cause) {
      signal?.throwIfAborted();
      const message = `error writing ${target.type} cache ${target.name}: ${messageOf(cause)}`;
      if (!target.isOptional) throw new VarveError('CACHE_EXPORT', message, { cause, hint: HINT });
      emit({ type: 'warning', code: 'CACHE_EXPORT', message });
    }
  }

  #chosen({ mode, name }: CacheTarget, images: readonly Image[]): readonly UsedStep[] {
    if (mode === 'max') return this.#used;
    const ofImages = new Set(images.flatMap(({ layers }) => layers.map(({ id }) => id)));
    const chosen = this.#used.filter(({ record }) => ofImages.has(record.layer));
    if (chosen.length === 0) this.#warnOfNothing(`in ${name}`);
    return chosen;
  }

  /** Merged layers (`--squash`, `--layers=false`) are no step's. */
  #warnOfNothing(where: string): void {
    if (this.#used.length === 0) return;
    const message = `the cache ${where} is empty: no layer of the image is that of one step; mode=max has those of all steps`;
    this.#start.build.emit({ type: 'warning', code: 'CACHE_EMPTY', message });
  }
}

const HINT = 'The image is made. With ignore-error=true a cache that cannot be written is a warning.';
