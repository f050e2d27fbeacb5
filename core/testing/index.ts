export { MemoryCache, MemoryDigests, MemoryLayers, memoryStores } from './memory-stores.ts';
