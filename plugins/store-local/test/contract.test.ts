import { cacheStoreContract, contentStoreContract, imageStoreContract, layerStoreContract, MemoryCache } from '@varve/core/testing';
import test from 'ava';
import { LocalStore } from '../src/local-store.ts';

function open<K extends 'content' | 'layers' | 'images' | 'cache'>(kind: K) {
  return (root: string): { store: LocalStore[K]; close: () => Promise<void> } => {
    const store = new LocalStore(root);
    return { store: store[kind], close: () => store[Symbol.asyncDispose]() };
  };
}

contentStoreContract(test, { name: 'store-local', open: open('content') });
layerStoreContract(test, { name: 'store-local', open: open('layers') });
imageStoreContract(test, { name: 'store-local', open: open('images') });
cacheStoreContract(test, { name: 'store-local', open: open('cache') });
cacheStoreContract(test, { name: 'in memory', open: () => ({ store: new MemoryCache() }) });
