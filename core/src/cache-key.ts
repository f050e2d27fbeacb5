import { randomUUID } from 'node:crypto';
import { hashIndex, type LayerIndex } from '../archive/index.ts';
import { asCacheKey, asLayerID, type CacheKey, digestOf, formatPlatform, type LayerID, type Platform } from '../image/index.ts';
import type { KeyParts } from './contracts/step.ts';
import type { CacheRecord } from './contracts/store.ts';

export interface KeyInputs {
  /** What the stage is for: of a stage that runs on the build's own platform the same, whichever platforms are built. */
  readonly platform: Platform;
  /** What lies below: `stateKey` of the last step that made a layer, or the chainID of the base. */
  readonly parent: string;
  readonly kind: string;
  /** Seconds; layers made under another epoch hold other times. */
  readonly epoch?: number | undefined;
  /** Plugins that may change layers on their way. */
  readonly shapers: readonly string[];
}

/** Equal parts on an equal parent are an equal result. Parts are sorted, so a handler may collect them in any order. */
export function keyOf({ platform, parent, kind, epoch, shapers }: KeyInputs, parts: KeyParts): CacheKey {
  const sorted = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return asCacheKey(digestOf(JSON.stringify([1, formatPlatform(platform), parent, kind, epoch ?? null, shapers, sorted])));
}

/**
 * A layer's identity before its bytes are known. Not the key alone: a process that is run again under one key may come to other bytes,
 * which must not meet the snapshot that the first time left. What a composed layer holds follows from its key and index.
 */
export function layerIdOf(key: CacheKey, index?: LayerIndex): LayerID {
  const content = index === undefined ? randomUUID() : hashIndex(index);
  return asLayerID(digestOf(`${key} ${content}`));
}

/**
 * Names the filesystem after a step: by the step and by the very layer it has. What was made on one layer is never laid over another that
 * the same step came to at another time.
 */
export const stateKey = ({ key, layer }: CacheRecord): string => digestOf(`${key} ${layer}`);
