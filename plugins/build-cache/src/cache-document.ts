import { VarveError } from '@varve/core';
import { asCacheKey, asLayerID, type CacheKey, type DiffID, type Image, isDigest, type LayerID } from '@varve/core/image';

/** Configuration of a manifest that is a cache, and no image. */
export const CACHE_CONFIG_TYPE = 'application/vnd.varve.buildcache.config.v1+json';
/** Where records are in such a configuration, and in that of an image that brings its cache along. */
export const CACHE_MEMBER = 'varve.buildcache.v1';
/** No build has as many steps; a cache that says so wants memory. */
const MAX_RECORDS = 10_000;

/** What a step with this key came to: digests and a time, nothing that anybody wrote. */
export interface CacheEntry {
  readonly key: CacheKey;
  /** By which keys of later steps know the layer. */
  readonly layer: LayerID;
  /** Place of the layer among those of the manifest. */
  readonly at: number;
  /** RFC 3339. */
  readonly created: string;
}

/** The member of a configuration. Sorted: the same records are the same bytes. @throws VarveError `CACHE_LIMIT` */
export function recordsMember(entries: readonly CacheEntry[]): { readonly records: readonly CacheEntry[] } {
  if (entries.length > MAX_RECORDS)
    throw new VarveError('CACHE_LIMIT', `Expected at most ${MAX_RECORDS} records in a cache, found ${entries.length}`);
  const plain = entries.map(({ key, layer, at, created }) => ({ key, layer, at, created }));
  return { records: plain.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

/**
 * The records of a cache or an image, by key; `undefined`: it has none. Whoever wrote them is not trusted with more than what steps come
 * to: a record names a layer by a name of its own, never by what is the digest of one.
 * @throws VarveError `CACHE_INVALID`
 */
export function readEntries(image: Image, diffIds: readonly DiffID[]): ReadonlyMap<CacheKey, CacheEntry> | undefined {
  const member = image.config[CACHE_MEMBER];
  if (member === undefined || member === null) return undefined;
  const { records } = member as { readonly records?: unknown };
  if (!Array.isArray(records)) throw invalid('has no list of records');
  if (records.length > MAX_RECORDS) throw invalid(`has ${records.length} records, expected at most ${MAX_RECORDS}`);
  const entries = new Map<CacheKey, CacheEntry>();
  const places = new Map<LayerID, number>();
  const names: ReadonlySet<string> = new Set(diffIds);
  for (const record of records) {
    const entry = readEntry(record, diffIds.length);
    if (names.has(entry.layer)) throw invalid(`calls a step's layer by a digest: ${entry.layer}`);
    if ((places.get(entry.layer) ?? entry.at) !== entry.at) throw invalid(`has two layers of one name: ${entry.layer}`);
    places.set(entry.layer, entry.at);
    entries.set(entry.key, entry);
  }
  return entries;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function readEntry(record: unknown, layers: number): CacheEntry {
  const { key, layer, at, created } = (record ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof key !== 'string' || !isDigest(key)) throw invalid(`has a record with the key ${shown(key)}`);
  if (typeof layer !== 'string' || !isDigest(layer)) throw invalid(`has a record with the layer ${shown(layer)}`);
  if (typeof at !== 'number' || !Number.isInteger(at) || at < 0 || at >= layers)
    throw invalid(`has a record of layer ${shown(at)}, expected one of ${layers}`);
  if (typeof created !== 'string' || !TIME.test(created) || Number.isNaN(Date.parse(created)))
    throw invalid(`has a record with the time ${shown(created)}`);
  return { key: asCacheKey(key), layer: asLayerID(layer), at, created };
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 100);
const invalid = (why: string): VarveError => new VarveError('CACHE_INVALID', `The build cache ${why}`);
