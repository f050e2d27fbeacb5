export { choosePlatform, isAttestation } from './choose-platform.ts';
export { composeLayer } from './compose-layer.ts';
export type { ContainerConfig, Healthcheck, HistoryRow, ImageConfig, ImageConfigFile } from './config.ts';
export { applyChanges } from './config-changes.ts';
export { parseConfigFile, parseObject, serializeConfig } from './config-file.ts';
export { type Descriptor, MEDIA_TYPES, type Platform } from './descriptor.ts';
export {
  algorithmOf,
  asCacheKey,
  asDiffID,
  asLayerID,
  asSnapshotKey,
  type CacheKey,
  type ChainID,
  chainOf,
  chainsOf,
  type DiffID,
  type Digest,
  type DigestAlgorithm,
  digestFromHex,
  digestOf,
  digestOfAll,
  hexOf,
  isDigest,
  type LayerID,
  parseDigest,
  type SnapshotKey,
} from './digest.ts';
export { dockerManifest, indexWithDockerTypes, withDockerTypes } from './docker-types.ts';
export { parseDuration } from './duration.ts';
export { appendHistory, fillTimes, foldRows, timeOfConfig } from './history.ts';
export type { Image } from './image.ts';
export {
  type ArtifactBlob,
  type ForeignIndexParts,
  foreignIndex,
  type ImageIndex,
  type IndexArtifact,
  type IndexEntry,
  type IndexImage,
  imageFor,
  imageForHost,
  imagesOf,
  makeIndex,
  type NestedIndex,
  type PlatformImage,
} from './image-index.ts';
export { type ArtifactParts, indexArtifact } from './index-artifact.ts';
export { inheritConfig } from './inherit-config.ts';
export type { Abortable, Layer } from './layer.ts';
export { type LazyLayerParts, lazyLayer } from './lazy-layer.ts';
export {
  descriptorOf,
  type ForeignParts,
  foreignImage,
  type ImageParts,
  layerDescriptor,
  makeImage,
  serializeManifest,
} from './make-image.ts';
export {
  type ImageManifest,
  type IndexManifest,
  isIndexType,
  ociLayerType,
  parseDescriptor,
  parseManifest,
} from './manifest.ts';
export { type MergeOptions, mergeLayers } from './merge-layers.ts';
export { mergeEnv, patchConfig } from './mutate.ts';
export {
  formatPlatform,
  hostPlatform,
  isSamePlatform,
  normalizePlatform,
  parsePlatform,
} from './platform.ts';
export { quote } from './quote.ts';
export {
  familiarName,
  formatReference,
  type ImageReference,
  isImagePlace,
  looksLikeId,
  parseReference,
  withDefaultTag,
} from './reference.ts';
export { serializeIndex } from './serialize-index.ts';
