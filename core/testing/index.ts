export { ExecutorBench, type OpenExecutor, type Output, processesWith, scan, uniqueSleep } from './executor/executor-bench.ts';
export { type ExecutorSuite, executorContract } from './executor-contract.ts';
export { type HostNeed, whyMissing } from './host-needs.ts';
export { AMD64, ARM64, attestedIndex, type Blobs, imageOn, nestedIndex, S390X } from './index-fixture.ts';
export { startProcess, type TestProcess } from './killed-process.ts';
export { ATTRIBUTES, entry, fixtureContent, fixtureIndex, fixtureLayer } from './layer-fixture.ts';
export { MemoryCache, MemoryDigests, MemoryLayers, memoryStores } from './memory-stores.ts';
export { type ExampleResult, runReadmeExample } from './readme-example.ts';
export { sha512Image } from './sha512-image.ts';
export { type OpenSharedCache, type SharedCacheSuite, sharedCacheContract } from './shared-cache-contract.ts';
export { type SnapshotView, showSnapshot } from './snapshot-view.ts';
export { DirectoryLayers } from './snapshotter/directory-layers.ts';
export { type SnapshotterSuite, snapshotterContract } from './snapshotter-contract.ts';
export { type FileSketch, type ScopeOptions, sketchLayer, sketchTree, stepScope, type TestScope, type TreeSketch } from './step-handler.ts';
export { type StorageDriverSuite, storageDriverContract } from './storage-driver-contract.ts';
export {
  cacheStoreContract,
  contentStoreContract,
  imageStoreContract,
  layerStoreContract,
  type OpenedStore,
  type StoreSuite,
} from './store-contract.ts';
export { temporaryDir } from './temporary-dir.ts';
export { type OpenTransport, type TransportSuite, transportContract } from './transport-contract.ts';
