import { type CacheRecord, type CacheStart, type LayerStore, messageOf, VarveError } from '@varve/core';
import {
  type Abortable,
  type DiffID,
  descriptorOf,
  foreignImage,
  formatReference,
  type Image,
  type Layer,
  layerDescriptor,
  MEDIA_TYPES,
  serializeManifest,
} from '@varve/core/image';
import { CACHE_CONFIG_TYPE, CACHE_MEMBER, type CacheEntry, recordsMember } from './cache-document.ts';
import { compressedLayer } from './compressed-layer.ts';
import type { CacheTarget } from './read-requests.ts';

/** What a step came to. */
export interface UsedStep {
  readonly record: CacheRecord;
  readonly layer: Layer;
}

export interface ExportOptions extends CacheStart {
  readonly layers: LayerStore;
}

/**
 * Writes a cache: an image manifest with a configuration of its own, whose layers are ordinary ones. What the place has already is not
 * written again, and the manifest comes last.
 */
export async function exportCache(steps: readonly UsedStep[], target: CacheTarget, options: ExportOptions): Promise<void> {
  const { build, host } = options;
  const { reference, name } = target;
  if (reference === undefined) return;
  const tell = (status: string) => build.emit({ type: 'transfer', id: name, label: `exporting cache to ${target.type} ${name}`, status });
  tell('preparing');
  const image = await cacheImage(steps, target, options);
  const transport = await host.transport(reference, build);
  if (transport.push === undefined) throw new VarveError('TRANSPORT_NONE', `Nobody takes a cache to ${formatReference(reference)}`);
  tell('writing');
  await transport.push(image, reference, { emit: build.emit, signal: build.signal });
  tell('done');
}

async function cacheImage(steps: readonly UsedStep[], target: CacheTarget, options: ExportOptions): Promise<Image> {
  const { signal } = options.build;
  const layers = new Map<DiffID, Layer>();
  const entries: CacheEntry[] = [];
  for (const { record, layer } of steps.toSorted((a, b) => (a.record.key < b.record.key ? -1 : 1))) {
    const stored = await storedOrWarn(record, layer, options);
    if (stored === undefined) continue;
    const diffId = await stored.diffId({ signal });
    if (!layers.has(diffId)) layers.set(diffId, await compressedLayer(stored, target, { layers: options.layers, signal }));
    entries.push({ key: record.key, layer: record.layer, at: [...layers.keys()].indexOf(diffId), created: record.createdAt });
  }
  return await artifact(entries, layers, { signal });
}

/** What only an intermediate stage had may never have been written, and may have changed where it came from. */
async function storedOrWarn({ layer: id, title }: CacheRecord, made: Layer, { layers, build }: ExportOptions): Promise<Layer | undefined> {
  const { signal, emit } = build;
  try {
    return await layers.put((await layers.get(id)) ?? made, { signal });
  } catch (failure) {
    signal?.throwIfAborted();
    emit({ type: 'warning', code: 'CACHE_EXPORT', message: `not in the exported cache: ${title}: ${messageOf(failure)}` });
    return undefined;
  }
}

async function artifact(entries: readonly CacheEntry[], byDiffId: ReadonlyMap<DiffID, Layer>, options: Abortable): Promise<Image> {
  const rootfs = { type: 'layers', diff_ids: [...byDiffId.keys()] };
  const configBytes = Buffer.from(JSON.stringify({ [CACHE_MEMBER]: recordsMember(entries), rootfs }));
  const layers = [...byDiffId.values()];
  const descriptors = [];
  for (const layer of layers) descriptors.push(await layerDescriptor(layer, options));
  const manifestBytes = serializeManifest(descriptorOf(CACHE_CONFIG_TYPE, configBytes), descriptors);
  return foreignImage({ configBytes, manifestBytes, manifestMediaType: MEDIA_TYPES.manifest, layers });
}
